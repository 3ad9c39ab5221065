import { type Run, RunsService } from '../gen/expd/v1/runs.js';
import { OWN_ERROR } from './errors.js';
import { goesOn, tellState } from './follow.js';
import { detachable } from './interrupt.js';
import { isFinal } from './render/run.js';
import { ConnectionLost } from './transport.js';
import type { Context } from './verb.js';

/** Waits until all runs are over, whatever happens to the daemon meanwhile. `ended` is told of each once. */
export async function waitFor(
  context: Context,
  asked: readonly string[],
  ended: (run: Run) => void = () => {},
): Promise<Run[]> {
  const { daemon, screen } = context;
  const runs = new Map<number, Run>();
  const open = (): number[] => [...runs.values()].filter(({ state }) => !isFinal(state)).map(({ id }) => id);
  let away = false;
  const take = (run: Run): void => {
    const before = runs.get(run.id) ?? null;
    tellState(context, before, run);
    runs.set(run.id, run);
    if (isFinal(run.state) && !(before !== null && isFinal(before.state))) ended(run);
  };
  const parting = (): string => (open().length === 0 ? 'not waited for any more' : goesOn(open()));

  return detachable(screen, parting, async () => {
    for (;;) {
      // A name may mean another run later on.
      const names = runs.size === 0 ? [...asked] : open().map(String);
      try {
        for await (const { run } of daemon.stream(RunsService.wait, { runs: names })) {
          away = false;
          if (run !== undefined) take(run);
        }
        return [...runs.values()];
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (!away) screen.note('the daemon went away; waiting until it is back (Ctrl-C detaches)');
        away = true;
        await daemon.reached();
      }
    }
  });
}

/** Of several runs the highest. */
export const resultOf = (runs: readonly Run[]): number =>
  runs.reduce((highest, { resultCode }) => Math.max(highest, resultCode ?? OWN_ERROR), 0);
