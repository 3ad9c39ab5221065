import { UserError } from '../errors.js';
import { failpoint } from '../failpoint.js';
import type { Command, Result } from '../queue/commands.js';
import { judge } from '../run/outcome.js';
import type { ResumePoint } from '../run/resume.js';
import type { HoldReason } from '../run/run.js';
import type { Drift, Submission } from '../run/submission.js';
import type { Sweep } from '../run/sweep.js';
import type { TrackerRuns } from '../rundir/trackers.js';
import type { StoredRun } from '../store/stored.js';
import { CwdGone, type Prepared } from '../supervisor/executor.js';
import { takeCurves } from './experiment.js';
import { type FoundPoint, isStorage, type Ports, record } from './ports.js';

/** What became of a start. */
export type Started =
  | { launched: true }
  /** The run was changed or ended meanwhile, held, or queued again with its back-off. */
  | { launched: false }
  /** Nothing of this project can start for want of disk space. */
  | { launched: false; lowDisk: string; project: string }
  /** Another daemon has the curves. */
  | { launched: false; elsewhere: string; run: StoredRun };

/** null: not asked, or not answered yet. */
interface Claiming {
  answer: Result | null;
}

/** What a new attempt is claimed with. */
export interface Claim {
  attemptId: string;
  slots: number;
  /** Is not committed before that. */
  after: Promise<void>;
}

interface Order extends Claim {
  run: StoredRun;
  /** The run's, or the one that it gets with this attempt. */
  experimentId: string;
  drift: readonly Drift[];
  trackers: TrackerRuns;
}

/**
 * 1 look, 2 take the curves and a run directory, 3 fill it and beside that claim durably, 4 launch. Nothing is executed before the
 * claim is committed.
 */
export async function startAttempt(ports: Ports, runId: number, claimed: Claim): Promise<Started> {
  const { store, executor, log } = ports;
  const { attemptId } = claimed;
  const run = store.run(runId);
  if (run?.state !== 'queued') return { launched: false };
  const low = await ports.lowDisk(run.project);
  if (low !== null) return { launched: false, lowDisk: low, project: run.project };
  const submission = store.submission(runId);
  if (submission === null)
    return hold(ports, run, {
      code: 'spec_corrupt',
      text: 'the stored submission is damaged; submit it again',
    });

  const order: Order = {
    run,
    ...claimed,
    experimentId: run.experimentId,
    drift: [],
    trackers: await ports.trackers(run),
  };
  failpoint('beforePrepare');
  const claiming: Claiming = { answer: null };
  let prepared: Prepared;
  try {
    const { drift, text, hold: holds } = await ports.drifted(run, submission);
    if (text !== null && holds) return hold(ports, run, { code: 'config_drift', text });
    const curves = await takeCurves(ports, run, submission);
    if ('elsewhere' in curves) return { launched: false, elsewhere: curves.elsewhere, run };
    order.experimentId = curves.experimentId;
    order.drift = drift;
    const { point, warnings } = await resumeFrom(ports, run, submission);
    for (const line of [text, curves.warning]) if (line !== null) warnings.push(line);
    const broken = await curveGoesOn(ports, order, submission, point);
    if (broken !== null) warnings.push(broken);
    prepared = await prepare(ports, order, submission, point, async (directory) => {
      await claimed.after;
      failpoint('beforeClaim');
      const [answer] = await ports.execute([claim(ports, order, point, directory)]);
      claiming.answer = answer ?? null;
    });
    const shared = prepared.runDir === run.runDir;
    if (shared && claiming.answer?.ok) warnings.push(...(await ports.hideOthers(run, submission, point)));
    if (warnings.length > 0) await ports.annotate(prepared.log, warnings);
  } catch (cause) {
    return unprepared(ports, order, cause, claiming);
  }
  if (!claiming.answer?.ok) {
    await executor.discard(attemptId, prepared);
    return refusedClaim(ports, order, claiming.answer);
  }
  failpoint('afterClaim');
  executor.launch(attemptId);
  failpoint('afterLaunch');
  log.info({ event: 'attempt_launched', runId, attempt: run.attempt + 1, attemptId });
  return { launched: true };
}

function refusedClaim({ log }: Ports, { run, attemptId }: Order, answer: Result | null): Started {
  const why = answer?.ok === false ? answer.message : null;
  log.info({ event: 'claim_refused', runId: run.id, attemptId, why });
  return isStorage(answer)
    ? { launched: false, lowDisk: answer.message, project: run.project }
    : { launched: false };
}

/** The first attempt looks for no checkpoint unless one was chosen. */
const resumeFrom = async (ports: Ports, run: StoredRun, submission: Submission): Promise<FoundPoint> =>
  run.attempt === 0 && run.resume.from !== 'chosen'
    ? { point: null, warnings: [] }
    : ports.resumePoint(run, submission);

/** The first attempt begins a curve, unless it goes on from a checkpoint, or with the curves that there are. */
async function curveGoesOn(
  ports: Ports,
  { run, experimentId }: Order,
  { existingExperiment }: Submission,
  point: ResumePoint | null,
): Promise<string | null> {
  const first = run.attempt === 0;
  if (first && point === null && existingExperiment !== 'continue') return null;
  return ports.goOn({ ...run, experimentId }, point ?? { logsFrom: first ? null : 0, path: null });
}

const prepare = (
  ports: Ports,
  { run, attemptId, experimentId, drift, trackers }: Order,
  submission: Submission,
  resume: ResumePoint | null,
  named: (directory: Prepared) => Promise<void>,
) =>
  ports.executor.prepare(
    {
      attemptId,
      attempt: run.attempt + 1,
      runId: run.id,
      ulid: run.ulid,
      name: run.name,
      experimentId,
      job: jobOf(ports, run),
      submission,
      tags: run.tags,
      note: run.note,
      resume,
      previousRunDir: run.runDir,
      submittedAt: run.submittedAt,
      code: ports.store.code(run.id),
      ...(drift.length > 0 && { drift }),
      trackers,
    },
    named,
  );

function jobOf({ store }: Ports, { job }: StoredRun): { number: number; of: Sweep } | null {
  const sweep = job === null ? null : store.sweep(job.sweep);
  return job === null || sweep === null ? null : { number: job.number, of: sweep };
}

const claim = (
  ports: Ports,
  { run, attemptId, slots, experimentId }: Order,
  resume: ResumePoint | null,
  prepared: Prepared,
): Command => ({
  do: 'transition',
  runId: run.id,
  event: { kind: 'claimed', attempt: run.attempt + 1, attemptId, resumedFrom: resume?.path ?? null },
  facts: {
    of: 'claimed',
    bootId: ports.bootId,
    lease: { slots },
    resumedStep: resume?.step ?? null,
    ...(experimentId !== run.experimentId && { experimentId }),
    ...prepared,
  },
});

/** The working directory is gone (held), or a cause of ours: an attempt that never ran, tried again later. */
async function unprepared(
  ports: Ports,
  order: Order,
  cause: unknown,
  { answer }: Claiming,
): Promise<Started> {
  const { run, attemptId } = order;
  if (cause instanceof CwdGone) return hold(ports, run, { code: 'cwd_gone', text: cause.message });
  const text = cause instanceof Error ? cause.message : String(cause);
  // A chosen checkpoint that is gone does not come back by waiting, and what is not ours stays that.
  if (cause instanceof UserError && (cause.code === 'not_found' || cause.code === 'unsafe_place'))
    return hold(ports, run, { code: 'start_failed', text });
  ports.log.warn({ event: 'prepare_failed', runId: run.id, attemptId, cause: text });
  if (answer?.ok === false) return refusedClaim(ports, order, answer);
  const outcome = judge({ seen: 'launchFailed', cause: text }, []);
  const ended: Command = {
    do: 'transition',
    runId: run.id,
    event: { kind: 'ended', attempt: run.attempt + 1, outcome, progressed: false },
  };
  if (answer !== null) {
    await record(ports, [ended], () => false);
    ports.executor.settled(attemptId); // a stop may have made it known
    return { launched: false };
  }
  const [claimed] = await ports.execute([
    claim(ports, order, null, { runDir: '', log: '', errorLog: null }),
    ended,
  ]);
  return isStorage(claimed)
    ? { launched: false, lowDisk: claimed.message, project: run.project }
    : { launched: false };
}

async function hold(ports: Ports, run: StoredRun, why: HoldReason): Promise<Started> {
  ports.log.warn({ event: 'run_held', runId: run.id, code: why.code });
  await ports.execute([{ do: 'transition', runId: run.id, event: { kind: 'held', why } }]);
  return { launched: false };
}
