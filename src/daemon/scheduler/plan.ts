import { overlap } from '../run/place.js';
import { LONGEST_BACKOFF_MS } from '../run/retry.js';
import type { Dependency } from '../run/submission.js';

/** A queued run, as far as its start depends on it. Times in Unix ms. */
export interface Waiting {
  id: number;
  priority: number;
  group: string;
  project: string;
  beginAt: number | null;
  /** Back-off after a failure or a failed start. */
  notBefore: number | null;
  /** With a back-off: how the attempt ended after which it is waited. */
  lastEnd?: string;
  /** The code state of the submission is still being recorded, at most until then. */
  codeUntil: number | null;
  after: readonly Dependency[];
  /** The sweep that it is a job of. */
  sweep: number | null;
  /** What its curves are kept under; has one writer at a time. */
  experiment: Experiment;
  /** Where its checkpoints go outside of run directories, and whether it has begun to write there. */
  place: string | null;
  begun: boolean;
  request: Request;
}

export interface Experiment {
  project: string;
  id: string;
}

/** Resources of one attempt. */
export interface Request {
  slots: number;
}

/** What is free now, and what forbids starts. */
export interface Machine {
  slots: number;
  freeSlots: number;
  /** Runs that hold slots now, for the reason text. */
  holders: readonly number[];
  draining: boolean;
  /** Why nothing of this project may start for want of disk space, or null. */
  lowDisk(project: string): string | null;
  group(name: string): { limit: number; running: number };
  sweep(id: number): { limit: number; running: number };
  /** Who writes the curves of the run's experiment, or null. */
  writer(run: Pick<Waiting, 'id' | 'experiment' | 'begun'>): CurveWriter | null;
  /** Another unfinished run that has begun to write its checkpoints there, or null. */
  keeper(run: Pick<Waiting, 'id' | 'place' | 'begun'>): number | null;
  dependency(on: Dependency): DependencyState;
}

export type CurveWriter =
  /** It writes now, or is not over and goes on with them. */
  | { run: number; writes: boolean }
  /** A run of another daemon, in words for people. */
  | { elsewhere: string };

export type DependencyState = 'met' | 'pending' | 'failed';

/** Why a run waits. `until`: when to look again without any event. */
export interface Reason {
  code:
    | 'draining'
    | 'low_disk'
    | 'code_state'
    | 'begin'
    | 'backoff'
    | 'dependency'
    | 'dependency_failed'
    | 'group_limit'
    | 'sweep_limit'
    | 'experiment_busy'
    | 'place_busy'
    | 'no_free_slot'
    | 'next';
  text: string;
  until?: number;
}

export interface Plan {
  starts: Waiting[];
  /** When a run may become startable by time alone. */
  wakeAt: number | null;
}

/** Highest priority first, then the oldest: a run keeps its place however often it is interrupted. */
export const byTurn = (a: Pick<Waiting, 'priority' | 'id'>, b: Pick<Waiting, 'priority' | 'id'>): number =>
  b.priority - a.priority || a.id - b.id;

/** Which runs start now. `queue` in turn. Looks no further than the slots reach. */
export function plan(queue: readonly Waiting[], machine: Machine, now: number): Plan {
  const planned = new Planned();
  let wakeAt: number | null = null;
  let free = machine.freeSlots;
  for (const run of queue) {
    if (free <= 0) break;
    if (run.sweep !== null && planned.full.has(run.sweep)) continue;
    const obstacle = gate(run, machine, planned, now);
    if (obstacle?.until !== undefined) wakeAt = Math.min(wakeAt ?? Infinity, obstacle.until);
    // Thousands of jobs may stand behind a limit of two.
    if (obstacle?.code === 'sweep_limit' && run.sweep !== null) planned.full.add(run.sweep);
    if (obstacle !== null || run.request.slots > free) continue;
    planned.add(run);
    free -= run.request.slots;
  }
  return { starts: planned.starts, wakeAt };
}

/** What a plan starts, which counts as running for the runs behind. */
class Planned {
  readonly starts: Waiting[] = [];
  readonly full = new Set<number>();
  readonly #groups = new Map<string, number>();
  readonly #sweeps = new Map<number, number>();
  readonly #writers = new Map<string, number>();

  add(run: Waiting): void {
    this.starts.push(run);
    this.#groups.set(run.group, this.ofGroup(run.group) + 1);
    if (run.sweep !== null) this.#sweeps.set(run.sweep, this.ofSweep(run.sweep) + 1);
    this.#writers.set(experimentKey(run.experiment), run.id);
  }

  keeper = (place: string): number | null =>
    this.starts.find((other) => other.place !== null && overlap(other.place, place))?.id ?? null;
  ofGroup = (name: string): number => this.#groups.get(name) ?? 0;
  ofSweep = (id: number): number => this.#sweeps.get(id) ?? 0;
  writer({ experiment }: Pick<Waiting, 'experiment'>): CurveWriter | null {
    const run = this.#writers.get(experimentKey(experiment));
    return run === undefined ? null : { run, writes: true };
  }
}

/** Equal for what lies in one directory. */
export const experimentKey = ({ project, id }: Experiment): string => `${project}/${id}`;

/** Why this run is not running, in the words of `ls` and `explain`. */
export function whyWaiting(run: Waiting, machine: Machine, now: number): Reason {
  const obstacle = gate(run, machine, new Planned(), now);
  if (obstacle !== null) return obstacle;
  if (run.request.slots > machine.freeSlots)
    return { code: 'no_free_slot', text: `no free slot: ${inUse(machine)}` };
  return { code: 'next', text: 'starts next' };
}

function inUse({ slots, holders }: Machine): string {
  const by = holders.slice(0, 3).join(', ') + (holders.length > 3 ? ', …' : '');
  return `${holders.length} of ${slots} in use${by && ` by run${holders.length > 1 ? 's' : ''} ${by}`}`;
}

/** What holds a run back whatever is free; null = nothing. */
function gate(run: Waiting, machine: Machine, planned: Planned, now: number): Reason | null {
  if (machine.draining) return { code: 'draining', text: 'the daemon is draining; expctl daemon undrain' };
  const disk = machine.lowDisk(run.project);
  if (disk !== null) return { code: 'low_disk', text: disk };
  if (run.beginAt !== null && run.beginAt > now)
    return { code: 'begin', text: `not before ${clockTime(run.beginAt, now)}`, until: run.beginAt };
  for (const on of run.after) {
    const state = machine.dependency(on);
    if (state === 'pending') return { code: 'dependency', text: `waits for run ${on.on}` };
    if (state === 'failed') return { code: 'dependency_failed', text: `run ${on.on} did not succeed` };
  }
  if (isAhead(run.notBefore, now)) {
    const again = `tries again at ${clockTime(run.notBefore, now)}`;
    const text = run.lastEnd === undefined ? again : `${run.lastEnd}; ${again}`;
    return { code: 'backoff', text, until: run.notBefore };
  }
  if (isAhead(run.codeUntil, now))
    return { code: 'code_state', text: 'the state of the code is being recorded', until: run.codeUntil };
  return limits(run, machine, planned);
}

/** What only the runs that run now, or start with this plan, hold back. */
function limits(run: Waiting, machine: Machine, planned: Planned): Reason | null {
  const group = machine.group(run.group);
  const inGroup = group.running + planned.ofGroup(run.group);
  if (group.limit > 0 && inGroup >= group.limit)
    return { code: 'group_limit', text: `group ${run.group}: ${inGroup} of ${group.limit} running` };
  if (run.sweep !== null) {
    const sweep = machine.sweep(run.sweep);
    const inSweep = sweep.running + planned.ofSweep(run.sweep);
    if (sweep.limit > 0 && inSweep >= sweep.limit)
      return { code: 'sweep_limit', text: `${inSweep} of sweep s${run.sweep} run already` };
  }
  const writer = machine.writer(run) ?? planned.writer(run);
  if (writer !== null) return { code: 'experiment_busy', text: busy(run.experiment, writer) };
  const keeper = run.place === null ? null : (machine.keeper(run) ?? planned.keeper(run.place));
  if (keeper !== null)
    return { code: 'place_busy', text: `run ${keeper} writes its checkpoints to ${run.place}` };
  return null;
}

function busy({ id }: Experiment, writer: CurveWriter): string {
  if ('elsewhere' in writer) return writer.elsewhere;
  return writer.writes
    ? `experiment ${id} is being written by run ${writer.run}`
    : `experiment ${id} is that of run ${writer.run}, which is not over`;
}

/** Ahead by no more than such waits last: what lies further ahead was set by a clock that has since gone back. */
const isAhead = (at: number | null, now: number): at is number =>
  at !== null && at > now && at - now <= LONGEST_BACKOFF_MS;

/** `14:00:05`, with the date when it is not within a day. Local time: it is for people at this machine. */
function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  if (Math.abs(at - now) < 86_400_000) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
