import type { ActRequest, ActResponse } from '../../gen/expd/v1/runs.js';
import { RunsService } from '../../gen/expd/v1/runs.js';
import { exitFor } from '../errors.js';
import type { Answer } from '../render/output.js';
import { runJson, sentence } from '../render/run.js';
import { inJobs, progress, sweepJson, sweepName } from '../render/sweep.js';
import { requestId } from '../request-id.js';
import type { Method } from '../transport.js';
import { MANY, verb } from '../verb.js';

/** What became of each run that an action was asked for. `done`: of jobs, "12 jobs cancelled". */
export function acted({ results, sweeps }: ActResponse, done: string): Answer {
  const refused = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const changed = results.flatMap(({ run, error }) => (run && !error ? [run] : []));
  return {
    json: {
      results: results.map(({ runId, run, error }) => ({
        id: run?.id ?? (runId || null),
        run: run === undefined ? null : runJson(run),
        error: error === undefined ? null : { code: error.code, message: error.message, hint: error.hint },
      })),
      sweeps: sweeps.map(sweepJson),
    },
    text: (style) => [
      ...changed
        .filter(({ sweepId }) => !sweeps.some(({ id }) => id === sweepId))
        .map((run) => sentence(run, style)),
      ...sweeps.flatMap((sweep) => {
        const jobs = changed.filter(({ sweepId }) => sweepId === sweep.id).length;
        return jobs === 0 ? [] : [`sweep ${sweepName(sweep)}: ${inJobs(jobs)} ${done}; ${progress(sweep)}`];
      }),
    ],
    warnings: refused.map(({ message, hint }) => `expctl: ${message}${hint && `; ${hint}`}`),
    exit: refused.reduce((worst, { code }) => Math.max(worst, exitFor(code)), 0),
  };
}

/** A verb that does one thing to every run it is given. */
const action = (
  name: string,
  method: Method<ActRequest, ActResponse>,
  done: string,
  summary: string,
  examples: readonly (readonly [string, string])[],
  aliases: readonly string[] = [],
) =>
  verb({
    name,
    aliases,
    operands: 'RUN…',
    takes: [1, MANY],
    summary,
    flags: {},
    examples,
    run: async ({ daemon }, { operands }) =>
      acted(await daemon.call(method, { requestId: requestId(), runs: operands }), done),
  });

export const cancel = action(
  'cancel',
  RunsService.cancel,
  'cancelled',
  'end runs: SIGTERM, and after the grace time SIGKILL to all their processes',
  [
    ['expctl cancel 7', 'end run 7, or take it out of the queue'],
    ['expctl cancel 3,5-9', 'end several'],
    ['expctl cancel s4', 'end every job of sweep s4 that is not over; s4.2 is one of them'],
  ],
  ['kill'],
);

export const hold = action('hold', RunsService.hold, 'held', 'keep queued runs from starting', [
  ['expctl hold 7', 'run 7 waits until it is released'],
]);

export const release = action(
  'release',
  RunsService.release,
  'released',
  'let held runs be queued and paused ones go on',
  [['expctl release 7', 'queue run 7 again, or continue it where it was paused']],
);

export const pause = action(
  'pause',
  RunsService.pause,
  'paused',
  'stop running runs in place; they keep their resources',
  [
    ['expctl pause 7', 'SIGSTOP to all processes of run 7; its time limit stands still'],
    ['expctl release 7', 'let it go on'],
  ],
);
