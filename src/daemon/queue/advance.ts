import { type RunEvent, transition } from '../run/lifecycle.js';
import { describe, type Outcome, wasExecuted } from '../run/outcome.js';
import type { Run } from '../run/run.js';
import type { Job } from '../run/sweep.js';
import type { EventKind, StoredEvent } from '../store/stored.js';
import { existing, type Scene } from './apply.js';
import type { AttemptFacts, Command, Result } from './commands.js';
import { jobMoved } from './job-moved.js';
import { notice } from './notice.js';
import { Refusal } from './refusal.js';

type Transition = Extract<Command, { do: 'transition' }>;

/** Moves a run on: state, attempt, event and notification are one. */
export function advance(scene: Scene, { runId, event, facts }: Transition): Result {
  const { tables, touched, now } = scene;
  const before = existing(scene, runId);
  const after = transition(before, event, now);
  if (stays(before, after)) return { ok: true, runId };
  if (event.kind === 'spawned' && tables.attempts.newestOfRun(runId)?.phase !== 'starting')
    throw new Refusal('wrong_state', `attempt ${before.attempt} of run ${runId} is known to have started`);
  if (facts?.of === 'again') changeEnvironment(scene, runId, facts.envSha);
  if (event.kind === 'ended') endAttempt(scene, before, event, facts);
  tables.runs.advance(before, after);
  if (event.kind === 'claimed') claimAttempt(scene, after, before.job, event, facts);
  if (event.kind === 'spawned') startAttempt(scene, after, facts);
  const reason = reasonOf(event, after);
  const { state, attempt } = after;
  tables.events.append({ at: now, runId, kind: KINDS[event.kind], state, attempt, reason });
  if (event.kind === 'ended' && wasExecuted(event.outcome))
    tables.runs.tagAutomatically(runId, tagsOf(event.outcome));
  touched.changed.add(runId);
  if (before.job !== null) jobMoved(scene, before.job, event, after);
  if (scene.notify) tell(scene, runId, event);
  return { ok: true, runId };
}

/** Labels that say how the newest attempt failed. */
function tagsOf({ verdict, cause }: Outcome): string[] {
  if (verdict !== 'failure' && verdict !== 'refused') return [];
  if (cause === 'out_of_memory' || cause === 'overMemory') return ['failed', 'oom'];
  return cause === 'timeout' ? ['failed', 'timeout'] : ['failed'];
}

/** A weaker or the same stop once more: nothing to record. */
const stays = (before: Run, after: Run): boolean =>
  before.state === 'stopping' && after.state === 'stopping' && before !== after && before.stop === after.stop;

const KINDS: Record<RunEvent['kind'], EventKind> = {
  held: 'held',
  released: 'released',
  claimed: 'claimed',
  spawned: 'spawned',
  paused: 'paused',
  continued: 'continued',
  stopRequested: 'stop_requested',
  ended: 'ended',
  retried: 'retried',
  resumed: 'resumed',
};

function claimAttempt(
  { tables }: Scene,
  run: Run,
  job: Job | null,
  event: Extract<RunEvent, { kind: 'claimed' }>,
  facts: AttemptFacts | undefined,
): void {
  if (facts?.of !== 'claimed' || run.state !== 'starting')
    throw new Error(`run ${run.id}: a claim without its facts`);
  const { bootId, lease, runDir, log, errorLog, resumedStep, experimentId, sweepDir } = facts;
  const { attemptId: id, resumedFrom } = event;
  const { claimedAt } = run.live;
  tables.attempts.insert(
    {
      id,
      runId: run.id,
      number: run.attempt,
      bootId,
      runDir,
      log,
      errorLog,
      resumedFrom,
      resumedStep,
      claimedAt,
    },
    lease,
  );
  tables.runs.claimed(run.id, runDir || null);
  if (experimentId !== undefined) tables.runs.nameExperiment(run.id, experimentId);
  if (sweepDir !== undefined && job !== null) tables.sweeps.place(job.sweep, sweepDir);
}

function startAttempt({ tables }: Scene, run: Run, facts: AttemptFacts | undefined): void {
  if (facts?.of !== 'spawned') throw new Error(`run ${run.id}: a start without its facts`);
  tables.attempts.started(run.id, run.attempt, facts.startedAt, facts.handle);
  tables.runs.started(run.id, facts.startedAt);
}

function endAttempt(
  { tables, now }: Scene,
  run: Run,
  event: Extract<RunEvent, { kind: 'ended' }>,
  facts: AttemptFacts | undefined,
): void {
  const usage = facts?.of === 'ended' ? facts.usage : null;
  tables.attempts.ended(run.id, event.attempt, now, event.outcome, usage);
}

function changeEnvironment({ tables }: Scene, runId: number, envSha: string): void {
  const stored = tables.submissions.find(runId);
  if (!stored.ok)
    throw new Refusal('wrong_state', `the submission of run ${runId} is ${stored.why}`, 'submit it again');
  tables.submissions.replace(runId, { ...stored.submission, envSha });
}

/** The stored reason of an event: why a run is held, is to stop, or how its attempt ended. */
function reasonOf(event: RunEvent, after: Run): StoredEvent['reason'] {
  switch (event.kind) {
    case 'held':
      return event.why;
    case 'stopRequested':
      return { code: event.reason, text: event.reason };
    case 'ended':
      return after.state === 'held'
        ? after.why
        : {
            code: event.outcome.cause,
            text: describe('outcome' in after && after.outcome !== null ? after.outcome : event.outcome),
          };
    case 'claimed':
      return event.resumedFrom === null ? null : { code: 'resumed_from', text: event.resumedFrom };
    case 'spawned':
    case 'released':
    case 'paused':
    case 'continued':
    case 'retried':
    case 'resumed':
      return null;
  }
  event satisfies never;
}

function tell(scene: Scene, runId: number, event: RunEvent): void {
  const payload = notice(existing(scene, runId), event, scene.now);
  if (payload === null) return;
  scene.tables.notifications.add(payload);
  scene.touched.notifications = true;
}
