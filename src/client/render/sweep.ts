import { RunState, type Sweep } from '../../gen/expd/v1/runs.js';
import type { Json, Style } from './output.js';
import { plain } from './plain.js';
import { isFinal, paintState, STATES, stateWord } from './run.js';
import { isoTime } from './time.js';

/** As people type it: `s4`. */
export const sweepName = ({ id }: Pick<Sweep, 'id'>): string => `s${id}`;

/** Number of the sweep that a word names whole; null: it names something else. */
export function sweepNamed(word: string): number | null {
  const digits = /^s(\d{1,15})$/.exec(word)?.[1];
  return digits === undefined ? null : Number(digits);
}

type States = Pick<Sweep, 'states'>;

export const jobsIn = ({ states }: States, ...wanted: readonly RunState[]): number =>
  states.reduce((sum, { state, count }) => sum + (wanted.includes(state) ? count : 0), 0);

export const jobsDone = ({ states }: States): number =>
  states.reduce((sum, { state, count }) => sum + (isFinal(state) ? count : 0), 0);

/** One state for all jobs: what is under way, else what is to come, else how the worst of them ended. */
export function sweepState(sweep: States): RunState {
  const order = [
    STATES.running,
    STATES.starting,
    STATES.stopping,
    STATES.queued,
    STATES.held,
    STATES.failed,
    STATES.cancelled,
  ];
  const found = order.find((state) => jobsIn(sweep, state) > 0) ?? STATES.succeeded;
  return found === STATES.starting ? STATES.running : found;
}

/** What calls for a look comes first; those that succeeded are what is left. */
const TOLD = [
  STATES.failed,
  STATES.held,
  STATES.running,
  STATES.starting,
  STATES.stopping,
  STATES.queued,
  STATES.cancelled,
];

/** `1 failed, 2 running, 4 queued` */
export function stateCounts(sweep: States): string {
  const known = TOLD.map((state) => ({ state, count: jobsIn(sweep, state) }));
  // Of a newer daemon.
  const others = sweep.states.filter(
    ({ state }) => !TOLD.some((told) => told === state) && state !== RunState.RUN_STATE_SUCCEEDED,
  );
  return [...known, ...others]
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${stateWord(state)}`)
    .join(', ');
}

/** `5/12 done: 1 failed, 2 running, 4 queued` */
export function progress(sweep: Pick<Sweep, 'states' | 'jobs'>): string {
  const counts = stateCounts(sweep);
  return `${jobsDone(sweep)}/${sweep.jobs} done${counts && `: ${counts}`}`;
}

export const inJobs = (count: number): string => `${count} ${count === 1 ? 'job' : 'jobs'}`;

/** `sweep s4  train  lr × seed  running  5/12 done: …` */
export function sweepHead(sweep: Sweep, { paint, ...style }: Style): string {
  const title = [`sweep ${sweepName(sweep)}`, plain(sweep.name), plain(sweep.axes)];
  const state = sweepState(sweep);
  return [
    paint('bold', title.filter((part) => part !== '').join('  ')),
    paintState(state, stateWord(state), { paint, ...style }),
    progress(sweep),
  ].join('  ');
}

/** docs/json.md, "Sweep". */
export const sweepJson = (sweep: Sweep) =>
  ({
    id: sweep.id,
    ulid: sweep.ulid,
    name: sweep.name,
    state: stateWord(sweepState(sweep)),
    axes: sweep.axes,
    jobs: sweep.jobs,
    done: jobsDone(sweep),
    states: Object.fromEntries(sweep.states.map(({ state, count }) => [stateWord(state), count])),
    maxParallel: sweep.maxParallel || null,
    holdAfterFailures: sweep.holdAfterFailures || null,
    key: sweep.key || null,
    project: sweep.project,
    dir: sweep.dir || null,
    firstRunId: sweep.firstRunId,
    submittedAt: isoTime(sweep.submittedAtMs),
    endedAt: isoTime(sweep.endedAtMs),
  }) satisfies Json;
