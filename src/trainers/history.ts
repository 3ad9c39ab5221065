import { type Curve, curvesSvg } from './draw/curves.js';

type Point = readonly [step: number, value: number];

/** How a training went so far: what its log and its plot are made of. Part of a checkpoint. */
export interface HistoryState {
  /** Since the last line of the log: the sum of the losses, and how many. */
  window: { sum: number; steps: number };
  train: Point[];
  validation: Point[];
  /** The least validation loss, and where. */
  best: { step: number; loss: number } | null;
}

/** Points of a curve; beyond, every second one is left out. */
const POINTS = 1000;

export class History {
  readonly #state: HistoryState;

  constructor(state?: HistoryState) {
    this.#state = state ?? { window: { sum: 0, steps: 0 }, train: [], validation: [], best: null };
  }

  get state(): HistoryState {
    return this.#state;
  }

  get best(): HistoryState['best'] {
    return this.#state.best;
  }

  add(loss: number): void {
    this.#state.window.sum += loss;
    this.#state.window.steps++;
  }

  /** The mean loss since it was last asked for. */
  trained(step: number): number {
    const { window } = this.#state;
    const loss = window.sum / window.steps;
    this.#state.window = { sum: 0, steps: 0 };
    this.#state.train = thinned([...this.#state.train, [step, loss]]);
    return loss;
  }

  /** Of equal losses the earlier is the best. */
  validated(step: number, loss: number): void {
    this.#state.validation = thinned([...this.#state.validation, [step, loss]]);
    if (loss < (this.#state.best?.loss ?? Number.POSITIVE_INFINITY)) this.#state.best = { step, loss };
  }

  plot(title: string): string {
    const { train, validation } = this.#state;
    const curves: Curve[] = [
      { name: 'train/loss', colour: '#8da0cb', points: train },
      { name: 'val/loss', colour: '#d95f02', points: validation },
    ];
    return curvesSvg(title, curves);
  }
}

const thinned = (points: Point[]): Point[] =>
  points.length > POINTS ? points.filter((_, n) => n % 2 === 0) : points;
