import { setImmediate as nextTurn } from 'node:timers/promises';
import { CurveReader } from './curve-reader.js';
import { CurveSet, Points } from './points.js';
import { thinned } from './thin.js';

/** Which points of an experiment are wanted. Bounds are inclusive, null = none; times in seconds since 1970. */
export interface CurveQuery {
  /** `*` stands for any characters; empty: all. */
  keys: readonly string[];
  fromStep: number | null;
  toStep: number | null;
  from: number | null;
  to: number | null;
  /** Points a key, of what is there at first; 0: all. */
  most: number;
}

/** Points, in the order of their steps at first and then as they come. Arrays of one length; they cross a thread. */
export interface CurveBatch {
  /** Before the points: what was told of these keys at and after the step is superseded. */
  rewinds: { step: number; keys: string[] }[];
  series: { key: string; steps: Float64Array; values: Float32Array; times: Float64Array }[];
  /** There is more now. */
  more: boolean;
}

const POINTS_A_BATCH = 8192;

/** Reads curves a batch at a time: what is there, then what comes. Others have their turn in between. */
export class CurveReading {
  readonly #reader: CurveReader;
  readonly #matches: (key: string) => boolean;
  #begun = false;
  #waiting: Omit<CurveBatch, 'more'>[] = [];

  constructor(
    root: string,
    private readonly query: CurveQuery,
  ) {
    this.#reader = new CurveReader(root);
    this.#matches = matcher(query.keys);
  }

  async next(): Promise<CurveBatch> {
    if (this.#waiting.length === 0)
      this.#waiting = this.#begun ? await this.#news() : await this.#beginning();
    const { rewinds, series } = this.#waiting.shift() ?? { rewinds: [], series: [] };
    return { rewinds, series, more: this.#waiting.length > 0 };
  }

  async #beginning(): Promise<Omit<CurveBatch, 'more'>[]> {
    this.#begun = true;
    const set = new CurveSet();
    const { point, rewind } = set;
    for (const _ of this.#reader.read({
      point: (key, ...rest) => this.#matches(key) && point.call(set, key, ...rest),
      rewind: (step, keys) => rewind.call(set, step, keys),
    }))
      await nextTurn();
    const found: [string, Points][] = [];
    for (const [key, points] of [...set.curves].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const wanted = this.#wanted(points).inOrder();
      found.push([key, this.query.most > 0 ? thinned(wanted, this.query.most) : wanted]);
      await nextTurn();
    }
    return batches(found);
  }

  async #news(): Promise<Omit<CurveBatch, 'more'>[]> {
    const found: Omit<CurveBatch, 'more'>[] = [];
    let set = new CurveSet();
    let rewinds: { step: number; keys: string[] }[] = [];
    const complete = (): void => {
      const [first = { rewinds: [], series: [] }, ...rest] = batches([...set.curves]);
      if (rewinds.length + first.series.length > 0) found.push({ ...first, rewinds }, ...rest);
      set = new CurveSet();
      rewinds = [];
    };
    for (const _ of this.#reader.read({
      point: (key, step, value, at) => {
        if (this.#matches(key) && this.#within(step, at)) set.point(key, step, value, at);
      },
      rewind: (step, keys) => {
        if (set.curves.size > 0) complete();
        const told = keys.filter(this.#matches);
        // START and what ends each tag say the same.
        const known = rewinds.some((one) => one.step === step && told.every((key) => one.keys.includes(key)));
        if (told.length > 0 && !known) rewinds.push({ step, keys: told });
      },
    }))
      await nextTurn();
    complete();
    return found;
  }

  #within(step: number, at: number): boolean {
    const { fromStep, toStep, from, to } = this.query;
    return (
      (fromStep === null || step >= fromStep) &&
      (toStep === null || step <= toStep) &&
      (from === null || at >= from) &&
      (to === null || at <= to)
    );
  }

  #wanted(points: Points): Points {
    const wanted = new Points();
    for (let n = 0; n < points.length; n++)
      if (this.#within(points.steps[n]!, points.times[n]!)) wanted.take(points, n);
    return wanted;
  }
}

function matcher(patterns: readonly string[]): (key: string) => boolean {
  if (patterns.length === 0) return () => true;
  const known = new Map<string, boolean>();
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's'),
  );
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const matches = expressions.some((expression) => expression.test(key));
    known.set(key, matches);
    return matches;
  };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Of a batch's size, keys whole where they fit. */
function batches(curves: readonly (readonly [string, Points])[]): Omit<CurveBatch, 'more'>[] {
  const found: Omit<CurveBatch, 'more'>[] = [];
  let series: CurveBatch['series'] = [];
  let room = POINTS_A_BATCH;
  const complete = (): void => {
    if (series.length > 0) found.push({ rewinds: [], series });
    series = [];
    room = POINTS_A_BATCH;
  };
  for (const [key, { length, steps, values, times }] of curves)
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + room);
      series.push({
        key,
        steps: steps.slice(from, to),
        values: values.slice(from, to),
        times: times.slice(from, to),
      });
      room -= to - from;
      from = to;
      if (room === 0) complete();
    }
  complete();
  return found;
}
