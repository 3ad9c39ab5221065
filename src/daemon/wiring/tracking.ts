import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../install.js';
import { redactArgv } from '../../secrets.js';
import { savedAt } from '../checkpoints/saved-at.js';
import type { ToldLine } from '../metrics/metrics-line.js';
import type { CurveStart } from '../run/resume.js';
import type { Submission } from '../run/submission.js';
import { jobOf } from '../rundir/configurations.js';
import { metricsStart } from '../rundir/metadata.js';
import { directoryMode, fileMode } from '../rundir/modes.js';
import { runPaths, tensorboardDir } from '../rundir/paths.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import { hparamsOf } from '../tracking/hparams.js';
import type { TrackedAttempt } from '../tracking/metrics-tail.js';
import { plannedSteps } from '../tracking/planned-steps.js';
import { ProgressBook } from '../tracking/progress-book.js';
import { Tracker } from '../tracking/tracker.js';
import type { Closers, Core } from './core.js';

export type Tracking = ReturnType<typeof openTracking>;

/** Told of lines like `{"event":"checkpoint",…}`: at least once each, in order; again after the daemon was killed. */
export type ToldListener = (attempt: TrackedAttempt, line: ToldLine) => void;

/** What runs log: followed while they run, and known afterwards. */
export function openTracking(core: Core, closers: Closers) {
  const { clock, log, queue, submission } = core;
  const book = new ProgressBook({
    clock,
    log,
    save: async (progress, standings, anew) => {
      const commands = [{ do: 'recordProgress', progress, standings, anew } as const];
      const [result] = await queue.execute({ requestId: null, commands });
      return result?.ok === true || result?.code === 'not_found';
    },
  });
  const listeners = new Map<string, ToldListener[]>();
  const tracker = new Tracker({
    workerFile: join(PACKAGE_ROOT, 'dist/tracker.cjs'),
    log,
    progress: (progress) => book.take(progress),
    told: (attempt, line) => {
      for (const listener of listeners.get(line.event) ?? []) listener(attempt, line);
    },
  });
  closers.push(() => book.stop());
  closers.push(() => tracker.close());

  /**
   * What concerns a run is said to the thread in order; there an attempt's last lines are taken before the next one
   * begins. Nobody but who asks waits for the answer.
   */
  const turns = new Map<number, Promise<unknown>>();
  const inTurn = <T>(runId: number, work: () => Promise<T>): Promise<T> => {
    const done = (turns.get(runId) ?? Promise.resolve()).then(work);
    const settled = done
      .catch(() => {})
      .then(() => {
        if (turns.get(runId) === settled) turns.delete(runId);
      });
    turns.set(runId, settled);
    return done;
  };

  const closeCurve = async ({ root, fileMode, hparams }: TrackedAttempt, { state }: StoredRun) =>
    hparams === null
      ? null
      : tracker.over({ root, fileMode, hparams, end: state === 'succeeded' ? 'success' : 'failure' });

  const warn = ({ id }: StoredRun, warning: string | null): void => {
    if (warning !== null) log.warn({ event: 'curve_end', runId: id, warning });
  };

  return {
    tracker,
    book,
    /** Lines with this event. */
    onTold(event: string, listener: ToldListener): void {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
    },
    /** The command runs. */
    started: (attempt: StoredAttempt, run: StoredRun): Promise<void> =>
      inTurn(run.id, async () => {
        const tracked = await trackedAttempt(core, attempt, run);
        if (tracked !== null) tracker.track(tracked);
      }),
    /** The end is committed. Resolves when all that was logged is taken over: where the disk is full, once it has room. */
    async ended(attempt: StoredAttempt, run: StoredRun): Promise<void> {
      const over = 'endedAt' in run;
      const close = async (tracked: TrackedAttempt) => (over ? closeCurve(tracked, run) : null);
      const said = await inTurn(run.id, async () => {
        const tracked = await trackedAttempt(core, attempt, run);
        return tracked && { tracked, taken: tracker.finish(tracked), closed: close(tracked) };
      });
      if (said === null) return;
      const { later } = await said.taken;
      await book.close(run.id, attempt.number, over);
      warn(run, await said.closed);
      if (!(await later)) return;
      await book.close(run.id, attempt.number, over);
      const { closed } = await inTurn(run.id, async () => ({ closed: close(said.tracked) }));
      warn(run, await closed);
    },
    /** The run is over. Resolves when all that it logged is taken over. */
    async drain(runId: number): Promise<void> {
      const { taken } = await inTurn(runId, async () => ({ taken: tracker.drain(runId) }));
      await taken;
    },
    /** An attempt is about to start, and its curve to go on. A line for its log where it cannot. */
    async goOn(
      run: Pick<StoredRun, 'id' | 'project' | 'experimentId'>,
      { logsFrom: step, path }: CurveStart,
    ): Promise<string | null> {
      const at = path === null ? null : await savedAt(path);
      const root = tensorboardDir(run.project, run.experimentId);
      const mode = fileMode(submission(run.id)?.umask ?? 0o077);
      const said = await inTurn(run.id, async () => ({
        warning: tracker.goOn({ root, step, savedAt: at, fileMode: mode }),
      }));
      return said.warning;
    },
  };
}

async function trackedAttempt(
  { configurations, submission: stored }: Pick<Core, 'configurations' | 'submission'>,
  attempt: StoredAttempt,
  run: StoredRun,
): Promise<TrackedAttempt | null> {
  const submission = stored(run.id);
  if (submission === null || attempt.runDir === '') return null;
  const { metricsFile, records } = runPaths(attempt.runDir, attempt.number, submission.split);
  const metadata =
    attempt.number === 1 ? '' : await readFile(join(records, 'metadata.json'), 'utf8').catch(() => '');
  return {
    attemptId: attempt.id,
    runId: run.id,
    attempt: attempt.number,
    metricsFile,
    from: metricsStart(metadata),
    resumesAt: attempt.resumedStep === null ? null : attempt.resumedStep + 1,
    savedAt: attempt.resumedFrom === null ? null : await savedAt(attempt.resumedFrom),
    root: tensorboardDir(run.project, run.experimentId),
    directoryMode: directoryMode(submission.umask),
    fileMode: fileMode(submission.umask),
    hparams: hparamsOf(redactArgv(run.overrides), run.job?.sweep ?? null),
    plannedSteps: plannedSteps(
      [...submission.argv, ...run.overrides],
      await configOf(submission, configurations),
    ),
  };
}

/** null: it has none, or that cannot be read any more. */
async function configOf({ configuration }: Submission, store: Core['configurations']): Promise<unknown> {
  const composed = configuration?.composed ?? null;
  if (composed === null) return null;
  return jobOf(composed, store).then(JSON.parse, () => null);
}
