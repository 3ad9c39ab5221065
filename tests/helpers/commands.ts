import type { Command, NewRun, NewSweep } from '../../src/daemon/queue/commands.js';
import { keyedOn, type Unasked } from '../../src/daemon/queue/keyed.js';
import type { RunEvent } from '../../src/daemon/run/lifecycle.js';
import type { Outcome } from '../../src/daemon/run/outcome.js';
import type { Submission } from '../../src/daemon/run/submission.js';
import { specOf } from '../../src/daemon/store/spec.js';

let ulids = 0;

/** What a test says of a run: its submission instead of what is stored of it. */
export type Changes = Partial<NewRun> & { submission?: Submission; unasked?: Unasked };

export function newRun({ submission = submissionOf(), unasked = [], ...changes }: Changes = {}): NewRun {
  const labels = {
    ulid: `01TEST${String(process.pid).padStart(8, '0')}${String(++ulids).padStart(12, '0')}`,
    name: 'train',
    tags: [],
    note: '',
    priority: 0,
    group: 'default',
    after: [],
    killOnFailedDependency: false,
    beginAt: null,
    retries: 0,
    key: null,
    held: false,
    code: null,
    codeUntil: null,
    experimentId: null,
    overrides: [],
    ...changes,
  };
  const { project, existingExperiment } = submission;
  const keyed = keyedOn(labels, submission, unasked);
  return { ...{ project, existingExperiment, keyed }, ...labels, spec: specOf(submission) };
}

export function newSweep(changes: Partial<NewSweep> = {}): NewSweep {
  return {
    ulid: newRun().ulid,
    name: 'train',
    key: null,
    missing: false,
    project: '/home/me/project',
    maxParallel: 0,
    holdAfterFailures: 0,
    axes: 'lr',
    multirunSha: null,
    ownDir: null,
    experimentId: null,
    ...changes,
  };
}

/** Jobs that differ in their learning rate. */
export const jobsOf = (rates: readonly number[], changes: Changes = {}): NewRun[] =>
  rates.map((lr) =>
    newRun({
      submission: submissionOf({ argv: ['python', 'train.py', `lr=${lr}`] }),
      overrides: [`lr=${lr}`],
      ...changes,
    }),
  );

export function submissionOf(changes: Partial<Submission> = {}): Submission {
  return {
    argv: ['python', 'train.py'],
    cwd: '/home/me/project',
    project: '/home/me/project',
    envSha: 'e'.repeat(64),
    timeLimitMs: null,
    graceMs: 60_000,
    warn: null,
    requeueExits: [],
    seed: 7,
    resumeArg: null,
    template: false,
    split: false,
    layout: 'hybrid',
    topLevel: true,
    umask: 0o022,
    nice: 0,
    rlimits: [],
    configuration: null,
    existingExperiment: null,
    ...changes,
  };
}

/** A transition with the facts that it needs. */
export function transitionOf(runId: number, event: RunEvent): Command {
  if (event.kind === 'claimed') return claimOf(runId, event.attempt, event);
  if (event.kind !== 'spawned') return { do: 'transition', runId, event };
  const handle = { shim: { pid: 10, start: 1 }, main: { pid: 11, start: 2 }, cgroup: null };
  return { do: 'transition', runId, event, facts: { of: 'spawned', startedAt: 1, handle } };
}

export function claimOf(
  runId: number,
  attempt: number,
  {
    attemptId = `a${runId}-${attempt}`,
    resumedFrom = null,
  }: { attemptId?: string; resumedFrom?: string | null } = {},
): Command {
  const dir = `/runs/${runId}/${attempt}`;
  return {
    do: 'transition',
    runId,
    event: { kind: 'claimed', attempt, attemptId, resumedFrom },
    facts: {
      of: 'claimed',
      bootId: 'boot',
      lease: { slots: 1 },
      runDir: dir,
      log: `${dir}/log`,
      errorLog: null,
      resumedStep: resumedFrom === null ? null : 5,
    },
  };
}

export const endOf = (runId: number, attempt: number, outcome: Outcome, progressed = false): Command => ({
  do: 'transition',
  runId,
  event: { kind: 'ended', attempt, outcome, progressed },
  facts: { of: 'ended', usage: { ranMs: 5, userMs: 3, systemMs: 1, maxRssBytes: 1024 } },
});

export const success: Outcome = { verdict: 'success', cause: 'exit', code: 0, signal: null, detail: null };
export const failure: Outcome = { verdict: 'failure', cause: 'exit', code: 3, signal: null, detail: null };
export const interruption: Outcome = {
  verdict: 'interrupted',
  cause: 'reboot',
  code: null,
  signal: null,
  detail: null,
};
