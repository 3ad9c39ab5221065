import {
  type Attempt as AttemptView,
  type CodeState as CodeView,
  type Configuration as ConfigurationView,
  DependencyKind,
  type Dependency as DependencyView,
  type Event as EventView,
  ExistingExperiment,
  type Reason,
  RunState as RunStateView,
  type Run as RunView,
  type Submission as SubmissionView,
} from '../../gen/expd/v1/runs.js';
import { redactArgv } from '../../secrets.js';
import { describe, type Outcome, resultCode } from '../run/outcome.js';
import { isFinal, type RunState } from '../run/run.js';
import type { StopReason } from '../run/stop.js';
import type { CodeState, Dependency, Submission } from '../run/submission.js';
import type { StoredAttempt, StoredEvent, StoredRun } from '../store/stored.js';
import { metricWord } from './checkpoint-wishes.js';
import { configurationView, overridesAlone } from './configuration.js';

/** What only the scheduler knows about a run. */
export interface Reasons {
  /** Why a queued run waits; null when it is not queued. */
  reason(runId: number, known?: StoredRun): Reason | null;
  /** A process of a stopping attempt that does not die of SIGKILL. */
  stuck(attemptId: string): { pid: number; wchan: string } | null;
}

export const STATE_VIEWS: Readonly<Record<RunState, RunStateView>> = {
  queued: RunStateView.RUN_STATE_QUEUED,
  held: RunStateView.RUN_STATE_HELD,
  starting: RunStateView.RUN_STATE_STARTING,
  running: RunStateView.RUN_STATE_RUNNING,
  stopping: RunStateView.RUN_STATE_STOPPING,
  succeeded: RunStateView.RUN_STATE_SUCCEEDED,
  failed: RunStateView.RUN_STATE_FAILED,
  cancelled: RunStateView.RUN_STATE_CANCELLED,
};

/**
 * A run as callers see it. What stands in the submission (argv, cwd, time limit) comes only where
 * it is handed in: lists leave it out, for a page of long command lines would be too large a message.
 */
export function runView(run: StoredRun, reasons: Reasons, submission: Submission | null = null): RunView {
  const outcome = isFinal(run.state) && 'outcome' in run ? run.outcome : null;
  return {
    id: run.id,
    ulid: run.ulid,
    name: run.name,
    state: STATE_VIEWS[run.state],
    reason: reasonView(run, reasons),
    priority: run.priority,
    group: run.group,
    tags: run.tags,
    note: run.note,
    key: run.key ?? '',
    submittedAtMs: run.submittedAt,
    beginAtMs: run.beginAt ?? 0,
    startedAtMs: run.startedAt ?? 0,
    endedAtMs: 'endedAt' in run ? run.endedAt : 0,
    attempt: run.attempt,
    failures: run.failures,
    retries: run.retries,
    exitCode: outcome?.code ?? undefined,
    signal: outcome?.signal ?? '',
    experimentId: run.experimentId,
    runDir: run.runDir ?? '',
    project: run.project,
    cwd: submission?.cwd ?? '',
    argv: submission === null ? [] : redactArgv(submission.argv),
    paused: run.state === 'running' && run.paused,
    timeLimitMs: submission?.timeLimitMs ?? 0,
    resultCode: 'outcome' in run ? resultCode(run.state, run.outcome) : undefined,
    sweepId: run.job?.sweep ?? 0,
    job: run.job?.number ?? 0,
    overrides: redactArgv(run.overrides),
  };
}

function reasonView(run: StoredRun, reasons: Reasons): Reason | undefined {
  switch (run.state) {
    case 'queued':
      return reasons.reason(run.id, run) ?? undefined;
    case 'held':
      return run.why;
    case 'starting':
      return undefined;
    case 'running':
      return run.paused ? { code: 'paused', text: 'paused' } : undefined;
    case 'stopping': {
      const stuck = reasons.stuck(run.live.attemptId);
      if (stuck === null) return { code: run.stop, text: STOPPING[run.stop] };
      return {
        code: 'stuck',
        text: `process ${stuck.pid} does not die of SIGKILL: it waits in ${stuck.wchan}`,
      };
    }
    default:
      return run.outcome === null
        ? {
            code: 'cancel',
            text: run.attempt === 0 ? 'cancelled before it started' : 'cancelled while it waited',
          }
        : outcomeView(run.outcome);
  }
}

const STOPPING: Readonly<Record<StopReason, string>> = {
  cancel: 'is being cancelled',
  timeout: 'time limit reached',
  overMemory: 'over its memory',
  stall: 'stalled',
  deviceLost: 'device lost',
  preempt: 'is being preempted',
  drain: 'is being stopped to drain',
};

const outcomeView = (outcome: Outcome): Reason => {
  const text = describe(outcome);
  const { detail } = outcome;
  // Where the detail explains why it is not tried again, the cause alone does not.
  return {
    code: outcome.cause,
    text: detail === null || text.includes(detail) ? text : `${text}, ${detail}`,
  };
};

export const attemptView = (attempt: StoredAttempt): AttemptView => ({
  id: attempt.id,
  number: attempt.number,
  phase: attempt.phase,
  claimedAtMs: attempt.claimedAt,
  startedAtMs: attempt.startedAt ?? 0,
  endedAtMs: attempt.endedAt ?? 0,
  runDir: attempt.runDir,
  log: attempt.log,
  errorLog: attempt.errorLog ?? '',
  mainPid: attempt.handle.main?.pid ?? 0,
  supervisorPid: attempt.handle.shim?.pid ?? 0,
  exitCode: attempt.outcome?.code ?? undefined,
  signal: attempt.outcome?.signal ?? '',
  outcome: attempt.outcome === null ? undefined : outcomeView(attempt.outcome),
  resumedFrom: attempt.resumedFrom ?? '',
  resumedStep: attempt.resumedStep ?? 0,
  userMs: attempt.usage?.userMs ?? 0,
  systemMs: attempt.usage?.systemMs ?? 0,
  maxRssBytes: attempt.usage?.maxRssBytes ?? 0,
});

export const eventView = (event: StoredEvent): EventView => ({
  seq: event.seq,
  atMs: event.at,
  runId: event.runId,
  kind: event.kind,
  state: STATE_VIEWS[event.state],
  attempt: event.attempt,
  reason: event.reason ?? undefined,
});

export const dependencyView = ({ on, kind }: Dependency): DependencyView => ({
  run: String(on),
  kind:
    kind === 'afterok' ? DependencyKind.DEPENDENCY_KIND_AFTER_OK : DependencyKind.DEPENDENCY_KIND_AFTER_ANY,
});

/** Without environment; secrets redacted. */
export const submissionView = (
  run: StoredRun,
  submission: Submission,
  after: Dependency[],
): SubmissionView => ({
  argv: redactArgv(submission.argv),
  cwd: submission.cwd,
  project: submission.project,
  name: run.name,
  tags: run.tags,
  note: run.note,
  envSet: {},
  envDrop: [],
  priority: run.priority,
  group: run.group,
  after: after.map(dependencyView),
  killOnFailedDependency: run.killOnFailedDependency,
  beginAtMs: run.beginAt ?? 0,
  timeLimitMs: submission.timeLimitMs ?? 0,
  retries: run.retries,
  requeueExits: submission.requeueExits,
  seed: submission.seed,
  key: run.key ?? '',
  hold: run.state === 'held',
  graceMs: submission.graceMs,
  warnSignal:
    submission.warn === null ? undefined : { signal: submission.warn.signal, leadMs: submission.warn.leadMs },
  resumeArg: submission.resumeArg ?? '',
  template: submission.template,
  split: submission.split,
  layout: submission.layout,
  noTopLevel: !submission.topLevel,
  umask: submission.umask,
  nice: submission.nice,
  rlimits: submission.rlimits,
  codeFollows: false,
  configuration: redacted(run, submission),
  experimentId: run.experimentId,
  existingExperiment: EXISTING[submission.existingExperiment ?? 'none'],
  checkpoints: submission.checkpoints?.where ?? '',
  metric: submission.checkpoints?.metric ? metricWord(submission.checkpoints.metric) : '',
  from: submission.parent?.path ?? '',
  noWandb: submission.noWandb ?? false,
});

const EXISTING = {
  none: ExistingExperiment.EXISTING_EXPERIMENT_UNSPECIFIED,
  continue: ExistingExperiment.EXISTING_EXPERIMENT_CONTINUE,
  replace: ExistingExperiment.EXISTING_EXPERIMENT_REPLACE,
} as const;

function redacted({ overrides }: StoredRun, { configuration }: Submission): ConfigurationView | undefined {
  if (configuration === null && overrides.length === 0) return undefined;
  const view = configuration === null ? overridesAlone(overrides) : configurationView(configuration);
  return {
    ...view,
    overrides: redactArgv(view.overrides),
    hydraOverrides: redactArgv(view.hydraOverrides),
  };
}

/** The diff itself stays on the disk of the daemon. */
export const codeView = (code: CodeState): CodeView => ({
  commit: code.known ? code.commit : '',
  branch: code.known ? code.branch : '',
  remote: code.known ? code.remote : '',
  dirty: code.known && code.dirty,
  diff: Buffer.alloc(0),
  diffOmitted: code.known && code.diffOmitted,
  fingerprint: code.known ? code.fingerprint : '',
  traces: [],
  changedFiles: code.known ? code.changedFiles : [],
  toplevel: code.known ? code.toplevel : '',
  unknownReason: code.known ? '' : code.why,
});
