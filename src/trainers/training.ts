import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pixels } from '../tensorboard/tensorboard.js';
import { Line, LOSS } from './checkpoint/line.js';
import type { Statistics } from './data/statistics.js';
import { History } from './history.js';
import { Journal } from './journal.js';
import { reason } from './reason.js';
import { decisive, fitting, type Run } from './run.js';
import { filesOf, type Learned, restore, savedHistory, valuesIn, weightsFile } from './saved-state.js';
import { learningRate, type Schedule } from './schedule.js';
import { TrainerError } from './trainer-error.js';

type Metrics = Readonly<Record<string, number>>;

/** What a trainer hands over; the loop around it is the same for all. */
export interface Learner extends Learned {
  schedule: Schedule;
  /** Of the training data, as `Run.scale` gave them. */
  statistics: Statistics;
  /** One step of the optimizer (from 1); its loss. */
  step(step: number, lr: number): number;
  /** What the average is worth on data that is held out, the same whenever it is asked; logged as `val/…`. */
  validate(): Metrics & { loss: number };
  /** What it has learnt, to look at. */
  draw(): Pixels;
  /** At the end, once, on data that nothing was chosen by; logged as `test/…`. */
  test(): Metrics;
}

export type Ending = 'done' | 'stopped';

/** Trains from the start, or from the run's checkpoint, to the end, or to where it is told to stop. */
export async function train(run: Run, learner: Learner): Promise<Ending> {
  const training = new Training(run, learner);
  const { steps } = run.knobs;
  for (let step = training.start + 1; step <= steps; step++) {
    training.advance(step);
    await nextTurn(); // signals are delivered between turns
    if (run.stopAsked && step < steps) return training.stopAt(step);
  }
  return training.finish();
}

class Training {
  readonly start: number;
  readonly #run: Run;
  readonly #learner: Learner;
  readonly #history: History;
  readonly #journal: Journal;
  readonly #line: Line;
  /** The step of the newest checkpoint, and what was measured at the step at hand. */
  #saved: number;
  #measured: Metrics = {};
  #since = { step: 0, ms: performance.now() };

  constructor(run: Run, learner: Learner) {
    const { checkpoint, places } = run.circumstances;
    const { keep_last: last, keep_best: best } = run.knobs;
    if (checkpoint !== null) fitting(checkpoint, () => restore(run.tf, learner, checkpoint.files));
    this.#history = new History(checkpoint === null ? undefined : savedHistory(checkpoint.files));
    this.start = checkpoint?.step ?? 0;
    this.#saved = this.start;
    this.#since.step = this.start;
    this.#run = run;
    this.#learner = learner;
    this.#line = new Line(places.checkpoints, { last, best }, checkpoint);
    this.#journal = new Journal(places, this.start + 1);
  }

  advance(step: number): void {
    const { knobs } = this.#run;
    const due = (every: number) => step % every === 0 || step === knobs.steps;
    const lr = learningRate(this.#learner.schedule, step);
    this.#history.add(finite(this.#learner.step(step, lr), step));
    const trained: Metrics = due(knobs.log_every)
      ? { 'train/loss': this.#history.trained(step), 'train/lr': lr }
      : {};
    this.#measured =
      due(knobs.eval_every) || due(knobs.checkpoint_every) ? prefixed('val', this.#learner.validate()) : {};
    if (this.#measured[LOSS] !== undefined) this.#history.validated(step, this.#measured[LOSS]);
    this.#tell(step, { ...trained, ...this.#measured });
    if (due(knobs.sample_every)) this.#journal.picture(step, this.#learner.draw());
    if (due(knobs.checkpoint_every)) this.#saveOrSay(step);
  }

  /** Told to stop: what was learnt is saved, and nothing is complete. */
  stopAt(step: number): Ending {
    if (this.#saved < step) this.#save(step);
    this.#journal.close();
    console.log(`told to stop: step ${step} is saved, to be resumed`);
    return 'stopped';
  }

  finish(): Ending {
    const { knobs, circumstances } = this.#run;
    // The last save may have met a full disk.
    if (this.#saved < knobs.steps) this.#save(knobs.steps);
    const tested = prefixed('test', this.#learner.test());
    this.#tell(knobs.steps, tested);
    const weights = join(circumstances.places.artifacts, 'model.safetensors');
    replace(weights, this.#artifact());
    const hash = createHash('sha256');
    for (const values of valuesIn(this.#learner)) hash.update(values);
    const { best } = this.#history;
    if (best !== null) console.log(`best ${LOSS} ${best.loss.toFixed(5)} at step ${best.step}`);
    console.log(`weights sha256 ${hash.digest('hex')} ${weights}`);
    this.#journal.done(); // last: with it, exit 0 means that the training is complete
    this.#journal.close();
    return 'done';
  }

  /** The average, with what one needs to use it. */
  #artifact(): Buffer {
    const { trainer, knobs } = this.#run.circumstances;
    const { mean, std } = this.#learner.statistics;
    return weightsFile(this.#learner.average, {
      trainer,
      knobs: JSON.stringify(Object.fromEntries(decisive({ ...knobs }))),
      scale: JSON.stringify({ mean, std }),
    });
  }

  /** A full disk costs a checkpoint, not the training. */
  #saveOrSay(step: number): void {
    try {
      this.#save(step);
    } catch (error) {
      if (!(error instanceof TrainerError)) throw error;
      console.warn(`warning: ${error.message}; the one before it is as it was, and training goes on`);
    }
  }

  #save(step: number): void {
    const { trainer, places } = this.#run.circumstances;
    const config = this.#run.saved(this.#learner.statistics);
    try {
      replace(join(places.plots, 'loss.svg'), Buffer.from(this.#history.plot(`${trainer}: loss`)));
      this.#journal.sync();
      this.#line.save(step, filesOf(this.#learner, step, config, this.#history.state), this.#measured);
      this.#saved = step;
    } catch (cause) {
      throw new TrainerError(`step ${step} could not be saved: ${reason(cause)}`, 1, { cause });
    }
  }

  #tell(step: number, values: Metrics): void {
    if (Object.keys(values).length === 0) return;
    this.#journal.metrics(step, values);
    const { steps } = this.#run.knobs;
    const shown = Object.entries(values).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
    console.log(
      [`step ${String(step).padStart(String(steps).length)}/${steps}`, ...shown, ...this.#pace(step)].join(
        '  ',
      ),
    );
  }

  /** Since the line before; nothing where no step was made since. */
  #pace(step: number): string[] {
    const { step: before, ms } = this.#since;
    this.#since = { step, ms: performance.now() };
    return step === before ? [] : [`${((this.#since.ms - ms) / (step - before)).toFixed(1)} ms/step`];
  }
}

const prefixed = (set: 'val' | 'test', metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${set}/${name}`, value]));

function finite(loss: number, step: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new TrainerError(`the loss is ${loss} at step ${step}: a smaller lr or a longer warmup helps`);
}

/** Readers see the old file or the new one. */
function replace(file: string, content: Uint8Array): void {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, content, { flush: true });
  renameSync(fresh, file);
}
