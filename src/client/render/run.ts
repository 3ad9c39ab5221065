import { type Attempt, type Run, RunState } from '../../gen/expd/v1/runs.js';
import type { Colour, Json, Style } from './output.js';
import { plain } from './plain.js';
import { isoTime, span } from './time.js';

/** The states by the words that people type and read. */
export const STATES = {
  queued: RunState.RUN_STATE_QUEUED,
  held: RunState.RUN_STATE_HELD,
  starting: RunState.RUN_STATE_STARTING,
  running: RunState.RUN_STATE_RUNNING,
  stopping: RunState.RUN_STATE_STOPPING,
  succeeded: RunState.RUN_STATE_SUCCEEDED,
  failed: RunState.RUN_STATE_FAILED,
  cancelled: RunState.RUN_STATE_CANCELLED,
} as const;

const WORDS = new Map<RunState, string>(Object.entries(STATES).map(([word, state]) => [state, word]));

/** A state that a newer daemon has is named by its number. */
export const stateWord = (state: RunState): string => WORDS.get(state) ?? `state ${state}`;

export const isFinal = (state: RunState): boolean =>
  state === RunState.RUN_STATE_SUCCEEDED ||
  state === RunState.RUN_STATE_FAILED ||
  state === RunState.RUN_STATE_CANCELLED;

const COLOURS: Readonly<Record<string, Colour>> = {
  running: 'cyan',
  starting: 'cyan',
  stopping: 'yellow',
  held: 'yellow',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'dim',
};

export function paintState(state: RunState, text: string, { paint }: Style): string {
  const colour = COLOURS[stateWord(state)];
  return colour === undefined ? text : paint(colour, text);
}

/** A job of a sweep, as people type it: `s4.2`; '' for any other run. */
export const jobName = ({ sweepId, job }: Pick<Run, 'sweepId' | 'job'>): string =>
  sweepId === 0 ? '' : `s${sweepId}.${job}`;

/** `run 7 failed: exit 3`, `run 12 (s4.2) failed: exit 3`. */
export function sentence(run: Run, style: Style): string {
  const why = run.reason === undefined || run.reason.text === '' ? '' : `: ${plain(run.reason.text)}`;
  const job = run.sweepId === 0 ? '' : ` (${jobName(run)})`;
  return `run ${run.id}${job} ${paintState(run.state, stateWord(run.state), style)}${why}`;
}

/** How long the newest attempt has run, or ran; empty before the first. */
export function ran(run: Run, now: number): string {
  if (run.startedAtMs === 0) return '';
  const active =
    !isFinal(run.state) && run.state !== RunState.RUN_STATE_QUEUED && run.state !== RunState.RUN_STATE_HELD;
  if (run.endedAtMs < run.startedAtMs && !active) return '';
  // Cancelled while it waited for another attempt: its end is not that of the last one.
  if (run.state === RunState.RUN_STATE_CANCELLED && run.exitCode === undefined && run.signal === '')
    return '';
  return span((active ? now : run.endedAtMs) - run.startedAtMs);
}

/** docs/json.md, "Run". */
export const runJson = (run: Run) =>
  ({
    id: run.id,
    ulid: run.ulid,
    name: run.name,
    sweepId: run.sweepId || null,
    job: run.sweepId === 0 ? null : run.job,
    overrides: run.overrides,
    state: stateWord(run.state),
    reason: reasonJson(run.reason),
    paused: run.paused,
    attempt: run.attempt,
    failures: run.failures,
    retries: run.retries,
    exitCode: run.exitCode ?? null,
    signal: run.signal || null,
    resultCode: run.resultCode ?? null,
    priority: run.priority,
    group: run.group,
    tags: run.tags,
    note: run.note,
    key: run.key || null,
    experimentId: run.experimentId,
    project: run.project,
    runDir: run.runDir || null,
    cwd: run.cwd || null,
    argv: run.argv.length === 0 ? null : run.argv,
    timeLimitMs: run.timeLimitMs || null,
    submittedAt: isoTime(run.submittedAtMs),
    beginAt: isoTime(run.beginAtMs),
    startedAt: isoTime(run.startedAtMs),
    endedAt: isoTime(run.endedAtMs),
  }) satisfies Json;

/** docs/json.md, "Attempt". */
export const attemptJson = (attempt: Attempt) =>
  ({
    number: attempt.number,
    id: attempt.id,
    phase: attempt.phase,
    outcome: reasonJson(attempt.outcome),
    exitCode: attempt.exitCode ?? null,
    signal: attempt.signal || null,
    claimedAt: isoTime(attempt.claimedAtMs),
    startedAt: isoTime(attempt.startedAtMs),
    endedAt: isoTime(attempt.endedAtMs),
    runDir: attempt.runDir,
    log: attempt.log,
    errorLog: attempt.errorLog || null,
    mainPid: attempt.mainPid || null,
    supervisorPid: attempt.supervisorPid || null,
    resumedFrom: attempt.resumedFrom || null,
    resumedStep: attempt.resumedFrom ? attempt.resumedStep : null,
    userMs: attempt.userMs,
    systemMs: attempt.systemMs,
    maxRssBytes: attempt.maxRssBytes,
  }) satisfies Json;

export const reasonJson = (reason: { code: string; text: string } | undefined) =>
  reason === undefined || (reason.code === '' && reason.text === '')
    ? null
    : { code: reason.code, text: reason.text };
