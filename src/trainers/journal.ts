import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EventWriter, encodePng, type Pixels } from '../tensorboard/tensorboard.js';
import type { Places } from './places.js';

/** What a training tells of itself: metric lines, pictures, TensorBoard. */
export class Journal {
  readonly #metrics: number;
  readonly #curves: EventWriter | null;
  readonly #pictures: EventWriter;
  readonly #places: Places;

  /** `from`: the first step that it will tell of. */
  constructor(places: Places, from: number) {
    this.#places = places;
    this.#metrics = openSync(places.metrics, 'a+');
    endTornLine(this.#metrics);
    this.#curves = places.followed ? null : new EventWriter(places.tensorboard);
    this.#pictures = new EventWriter(join(places.tensorboard, 'samples'));
    this.#curves?.rewind(from);
    this.#pictures.rewind(from);
  }

  metrics(step: number, values: Readonly<Record<string, number>>): void {
    this.#line({ step, ...values });
    this.#curves?.scalars(values, step);
  }

  /** `samples/<step>.png`, and the same on TensorBoard's page of images. */
  picture(step: number, pixels: Pixels): void {
    const png = encodePng(pixels);
    writeFileSync(join(this.#places.samples, `${String(step).padStart(8, '0')}.png`), png);
    this.#pictures.image('samples', png, step);
  }

  /** The work is complete. With exit code 0 it is what makes a run a success. */
  done(): void {
    this.#line({ event: 'done' });
  }

  /** The curves must never end before the checkpoint that comes next. */
  sync(): void {
    fsyncSync(this.#metrics);
    this.#curves?.sync();
    this.#pictures.sync();
  }

  close(): void {
    this.#curves?.close();
    this.#pictures.close();
    closeSync(this.#metrics);
  }

  /** One line, one write: readers never see half of it. */
  #line(fields: Readonly<Record<string, unknown>>): void {
    writeSync(this.#metrics, `${JSON.stringify(fields)}\n`);
  }
}

/** Who was killed on a full disk may have left half a line: what follows must not be glued to it. */
function endTornLine(fd: number): void {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10) writeSync(fd, '\n');
}
