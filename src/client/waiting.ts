import { type Run, RunState, RunsService } from '../gen/expd/v1/runs.js';
import { OWN_ERROR } from './errors.js';
import { goesOn, tellState } from './follow.js';
import { detachable } from './interrupt.js';
import { isFinal } from './render/run.js';
import { sweepNamed } from './render/sweep.js';
import { SweepProgress } from './sweep-progress.js';
import { ConnectionLost } from './transport.js';
import type { Context } from './verb.js';

/** Waits until all runs are over, whatever happens to the daemon meanwhile. `ended` is told of each once. */
export async function waitFor(
  context: Context,
  asked: readonly string[],
  ended: (run: Run) => void = () => {},
): Promise<Run[]> {
  const { daemon, screen } = context;
  const wanted = new Wanted(asked);
  const progress = new SweepProgress(screen, !context.json);
  let away = false;
  const take = (run: Run): void => {
    const before = wanted.take(run);
    if (wanted.isOfSweep(run)) progress.take(run);
    else tellState(context, before, run);
    if (isFinal(run.state) && !(before !== null && isFinal(before.state))) ended(run);
  };
  const parting = (): string => {
    const names = wanted.openNames();
    return names.length === 0 ? 'not waited for any more' : goesOn(names);
  };

  return detachable(screen, parting, async () => {
    try {
      for (;;) {
        try {
          for await (const { run } of daemon.stream(RunsService.wait, { runs: wanted.names() })) {
            away = false;
            if (run !== undefined) take(run);
          }
          return wanted.runs();
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error;
          if (!away) screen.note('the daemon went away; waiting until it is back (Ctrl-C detaches)');
          away = true;
          await daemon.reached();
        }
      }
    } finally {
      progress.end();
    }
  });
}

/** What is waited for, and how it stands. */
class Wanted {
  readonly #runs = new Map<number, Run>();
  /** Named whole. */
  readonly #sweeps: ReadonlySet<number>;

  constructor(private readonly asked: readonly string[]) {
    const words = asked.flatMap((word) => word.split(','));
    this.#sweeps = new Set(words.map((word) => sweepNamed(word.trim())).filter((id) => id !== null));
  }

  /** The run as it was before; null: it was not known. */
  take(run: Run): Run | null {
    const before = this.#runs.get(run.id) ?? null;
    this.#runs.set(run.id, run);
    return before;
  }

  runs = (): Run[] => [...this.#runs.values()];

  /** Of a sweep that was named whole. */
  isOfSweep = ({ sweepId }: Run): boolean => this.#sweeps.has(sweepId);

  /** A name may mean another run later on. */
  names = (): string[] => (this.#runs.size === 0 ? [...this.asked] : this.openNames());

  openNames(): string[] {
    const open = this.runs().filter(({ state }) => !isFinal(state));
    return [...new Set(open.map((run) => (this.isOfSweep(run) ? `s${run.sweepId}` : String(run.id))))];
  }
}

/** Of several runs the highest. */
export const resultOf = (runs: readonly Run[]): number =>
  runs.reduce((highest, { resultCode }) => Math.max(highest, resultCode ?? OWN_ERROR), 0);

/** What is worth a line of its own when a run is over: of a sweep what did not succeed. */
export const isNews = ({ sweepId, state }: Run): boolean =>
  sweepId === 0 || state !== RunState.RUN_STATE_SUCCEEDED;

/** `sweep s4: 11 of 12 runs succeeded`, for those of which some were waited for. */
export function sweepEndings(runs: readonly Run[]): string[] {
  const sweeps = new Set(runs.map(({ sweepId }) => sweepId).filter((id) => id !== 0));
  return [...sweeps].map((id) => {
    const jobs = runs.filter(({ sweepId }) => sweepId === id);
    const good = jobs.filter(({ state }) => state === RunState.RUN_STATE_SUCCEEDED);
    return `sweep s${id}: ${good.length} of ${jobs.length} runs succeeded`;
  });
}
