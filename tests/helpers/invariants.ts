import { type Evidence, type EvidentAttempt, type EvidentRun, readEvidence } from './evidence.js';
import { type Probe, probeOf } from './probe.js';

/** A submission that the daemon has answered: from then on it is a promise. */
export interface Acknowledged {
  runId: number;
  argv: string[];
  cwd: string;
  /** null: submitted without one. */
  key: string | null;
  /** Somebody asked for its cancellation. */
  cancelled?: boolean;
  /** Somebody removed it. */
  removed?: boolean;
}

/** Where a daemon keeps its state, and its probes their proof. */
export interface Judged {
  state: string;
  effects: string;
  slots: number;
}

export type Invariant = 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'V7';

export interface Violation {
  of: Invariant;
  what: string;
}

/** @throws where the state breaks one of the seven invariants, naming all that it breaks. */
export function assertInvariants(judged: Judged, acknowledged: readonly Acknowledged[]): void {
  const broken = violations(judged, acknowledged);
  if (broken.length > 0) throw new Error(broken.map(({ of, what }) => `${of}: ${what}`).join('\n'));
}

/**
 * What the state breaks of: V1 every acknowledged submission is there, whole. V2 each attempt is executed
 * at most once, and exactly as its recorded end says. V3 ends are the true ones or unknown, never invented.
 * V4 nothing of an ended attempt lives. V5 logs hold what was written. V6 the database is whole, nothing
 * lies about. V7 one attempt a run and a slot.
 */
export function violations(judged: Judged, acknowledged: readonly Acknowledged[]): Violation[] {
  const seen = readEvidence(judged.state, judged.effects);
  return [
    ...marked('V1', submissions(seen, acknowledged)),
    ...marked('V2', executions(seen, acknowledged)),
    ...marked('V3', ends(seen, acknowledged)),
    ...marked('V4', survivors(seen)),
    ...marked('V5', logs(seen)),
    ...marked('V6', [...seen.damage, ...seen.leftovers.map((path) => `left: ${path}`)]),
    ...marked('V7', lives(seen, judged.slots)),
  ];
}

const marked = (of: Invariant, what: Iterable<string>): Violation[] =>
  [...what].map((text) => ({ of, what: text }));

function* submissions({ runs }: Evidence, acknowledged: readonly Acknowledged[]): Generator<string> {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const keys = new Map<string, number>();
  for (const { runId, argv, cwd, key, removed } of acknowledged) {
    if (removed) continue;
    const run = byId.get(runId);
    if (run === undefined) yield `run ${runId} was acknowledged and is gone`;
    else if (run.submission === null) yield `run ${runId}: its submission is missing or damaged`;
    else if (JSON.stringify([argv, cwd, key]) !== JSON.stringify(submitted(run)))
      yield `run ${runId} is not what was submitted: ${JSON.stringify(submitted(run))}`;
    if (key !== null && (keys.get(key) ?? runId) !== runId) yield `key ${key} was answered with two runs`;
    if (key !== null) keys.set(key, runId);
  }
}

const submitted = (run: EvidentRun) => [run.submission?.argv, run.submission?.cwd, run.key];

/** Causes of an end of which nothing was executed. */
const NEVER_RAN = new Set(['never_started', 'launch_failed', 'cwd_gone', 'exec_refused']);

function* executions(seen: Evidence, acknowledged: readonly Acknowledged[]): Generator<string> {
  const { runs, attempts, executions: executed } = seen;
  const removed = new Set(acknowledged.filter((one) => one.removed).map(({ runId }) => runId));
  const probes = probesOf(runs);
  const known = new Set(attempts.map(({ id }) => id));
  for (const [id, { runId }] of executed)
    if (!known.has(id) && !removed.has(runId)) yield `attempt ${id} was executed and never claimed`;
  for (const attempt of attempts) {
    const { id, outcome } = attempt;
    const count = executed.get(id)?.times ?? 0;
    if (count > 1) yield `attempt ${id} was executed ${count} times`;
    if (outcome === null || !probes.has(attempt.runId)) continue;
    if (NEVER_RAN.has(outcome.cause) && count > 0) yield `attempt ${id} (${outcome.cause}) was executed`;
    if (!NEVER_RAN.has(outcome.cause) && outcome.code !== null && count !== 1)
      yield `attempt ${id} ended with ${outcome.code} and was executed ${count} times`;
  }
}

/** Signals that a daemon, a shim or the storm sends. */
const OURS = new Set(['SIGTERM', 'SIGKILL']);

function* ends(seen: Evidence, acknowledged: readonly Acknowledged[]): Generator<string> {
  const { runs, attempts, endings } = seen;
  const probes = probesOf(runs);
  for (const { id, runId, outcome } of attempts) {
    const probe = probes.get(runId);
    if (outcome === null || probe === undefined) continue;
    const said = endings.get(id);
    if (outcome.code !== null && said !== String(outcome.code))
      yield `attempt ${id}: recorded exit ${outcome.code}, it ended with ${said ?? 'nothing'}`;
    if (outcome.signal !== null && !OURS.has(outcome.signal) && outcome.signal !== `SIG${said}`)
      yield `attempt ${id}: recorded ${outcome.signal}, it ended with ${said ?? 'nothing'}`;
    if (outcome.verdict === 'success' && said !== '0') yield `attempt ${id}: success was invented`;
  }
  const cancelled = new Set(acknowledged.filter((one) => one.cancelled).map(({ runId }) => runId));
  for (const run of runs) {
    const newest = newestAttempt(run, attempts);
    if (run.state === 'cancelled' && !cancelled.has(run.id)) yield `run ${run.id}: nobody cancelled it`;
    if (run.state !== 'succeeded' && run.state !== 'failed') continue;
    const wanted = run.state === 'succeeded' ? ['success'] : ['failure', 'refused'];
    if (run.outcome === null || !wanted.includes(run.outcome.verdict))
      yield `run ${run.id} is ${run.state} with ${run.outcome?.verdict ?? 'no outcome'}`;
    if (run.outcome?.code !== newest?.outcome?.code || run.outcome?.signal !== newest?.outcome?.signal)
      yield `run ${run.id} does not end as its last attempt did`;
  }
}

function* survivors({ attempts, processes, executions: times }: Evidence): Generator<string> {
  const ended = new Set(attempts.filter(({ phase }) => phase === 'ended').map(({ id }) => id));
  const known = new Set(attempts.map(({ id }) => id));
  for (const id of processes.keys()) {
    if (ended.has(id)) yield `processes of the ended attempt ${id} live`;
    if (!known.has(id) && times.has(id)) yield `processes of the unknown attempt ${id} live`;
  }
}

function* logs({ runs, attempts, executions: times, endings }: Evidence): Generator<string> {
  const probes = probesOf(runs);
  for (const { id, runId, phase, log } of attempts) {
    const probe = probes.get(runId);
    if (probe === undefined || phase !== 'ended') continue;
    const lines = log?.split('\n') ?? [''];
    const torn = lines.pop();
    const wrong = lines.findIndex((line, n) => line !== `${id} ${n + 1}`);
    if (wrong >= 0) yield `log of attempt ${id}: line ${wrong + 1} is ${JSON.stringify(lines[wrong])}`;
    if (torn !== '') yield `log of attempt ${id} is torn: ${JSON.stringify(torn)}`;
    if (endings.has(id) && lines.length !== probe.lines)
      yield `log of attempt ${id} has ${lines.length} of ${probe.lines} lines`;
    if (!times.has(id) && lines.length > 0)
      yield `log of attempt ${id}, which was not executed, is not empty`;
  }
}

function* lives(seen: Evidence, slots: number): Generator<string> {
  const { attempts, processes, overlaps, mostAtATime } = seen;
  yield* overlaps;
  const live = attempts.filter(({ phase }) => phase !== 'ended');
  const held = live.reduce((sum, attempt) => sum + attempt.slots, 0);
  if (held > slots) yield `${held} slots are leased, there are ${slots}`;
  if (mostAtATime > slots) yield `${mostAtATime} attempts were claimed at a time, there are ${slots} slots`;
  yield* doubled(
    live.map(({ runId }) => String(runId)),
    'has two live attempts',
  );
  yield* doubled([...processes.values()], 'has processes of two attempts');
}

function* doubled(runIds: readonly string[], what: string): Generator<string> {
  for (const id of new Set(runIds))
    if (runIds.filter((other) => other === id).length > 1) yield `run ${id} ${what}`;
}

function probesOf(runs: readonly EvidentRun[]): Map<number, Probe> {
  const found = runs.map((run) => [run.id, probeOf(run.submission?.argv ?? [])] as const);
  return new Map(found.filter((entry): entry is readonly [number, Probe] => entry[1] !== null));
}

const newestAttempt = (run: EvidentRun, attempts: readonly EvidentAttempt[]): EvidentAttempt | undefined =>
  attempts.filter(({ runId }) => runId === run.id).sort((a, b) => b.number - a.number)[0];
