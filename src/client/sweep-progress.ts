import { type Run, RunState } from '../gen/expd/v1/runs.js';
import { PASSING } from './follow.js';
import { plain } from './render/plain.js';
import { isFinal } from './render/run.js';
import { progress } from './render/sweep.js';
import type { Screen } from './screen.js';

/** How often the line is drawn anew; and so long after the last news it is said that nothing moves. */
const EVERY_MS = 100;

/**
 * How the sweeps that are waited for stand: a bar on a terminal, and a line wherever they stop moving. Waiting
 * without a word looks like hanging; a word for each of a thousand jobs is no help.
 */
export class SweepProgress {
  readonly #sweeps = new Map<number, Standing>();
  #due: NodeJS.Timeout | null = null;

  constructor(
    private readonly screen: Pick<Screen, 'note' | 'status'>,
    /** Whether a bar may be drawn. */
    private readonly bar: boolean,
  ) {}

  take(run: Run): void {
    const standing = this.#sweeps.get(run.sweepId) ?? { jobs: new Map(), told: new Set() };
    standing.jobs.set(run.id, run);
    this.#sweeps.set(run.sweepId, standing);
    this.#due ??= setTimeout(() => this.#show(), EVERY_MS);
  }

  end(): void {
    if (this.#due !== null) clearTimeout(this.#due);
    this.#due = null;
    this.screen.status('');
  }

  #show(): void {
    this.#due = null;
    for (const [id, standing] of this.#sweeps) {
      const line = stoppage(id, [...standing.jobs.values()]);
      if (line === null || standing.told.has(line.key)) continue;
      standing.told.add(line.key);
      this.screen.note(line.text);
    }
    const jobs = [...this.#sweeps.values()].flatMap((standing) => [...standing.jobs.values()]);
    if (this.bar) this.screen.status(barLine([...this.#sweeps.keys()], jobs));
  }
}

interface Standing {
  jobs: Map<number, Run>;
  /** What was said already. */
  told: Set<string>;
}

/** Why nothing of a sweep moves, or null. `key`: the same reason in other words has the same. Pure. */
export function stoppage(sweep: number, jobs: readonly Run[]): { key: string; text: string } | null {
  const open = jobs.filter(({ state }) => !isFinal(state));
  const of = (wanted: RunState): Run[] => open.filter(({ state }) => state === wanted);
  const [queued, held] = [of(RunState.RUN_STATE_QUEUED), of(RunState.RUN_STATE_HELD)];
  const [first] = queued.length > 0 ? queued : held;
  if (first === undefined || queued.length + held.length < open.length) return null;
  const { code = '', text = '' } = first.reason ?? {};
  if (queued.length > 0)
    return PASSING.has(code) ? null : { key: code, text: `sweep s${sweep} waits: ${plain(text)}` };
  return { key: text, text: `sweep s${sweep} is held: ${plain(text)}; expctl release s${sweep}` };
}

const CELLS = 20;

/** `s4  ████████░░░░░░░░░░░░  5/12 done: 1 failed, 2 running, 4 queued`. Pure. */
export function barLine(sweeps: readonly number[], jobs: readonly Run[]): string {
  const counts = new Map<RunState, number>();
  for (const { state } of jobs) counts.set(state, (counts.get(state) ?? 0) + 1);
  const states = [...counts].map(([state, count]) => ({ state, count }));
  const done = jobs.filter(({ state }) => isFinal(state)).length;
  const cells = Math.floor((CELLS * done) / Math.max(1, jobs.length));
  const bar = '█'.repeat(cells) + '░'.repeat(CELLS - cells);
  const name = sweeps.length === 1 ? `s${sweeps[0]}` : `${sweeps.length} sweeps`;
  return `${name}  ${bar}  ${progress({ states, jobs: jobs.length })}`;
}
