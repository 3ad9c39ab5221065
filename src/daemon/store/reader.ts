import { UserError } from '../errors.js';
import type { Sweep } from '../run/sweep.js';
import { attempts } from './attempts.js';
import { checkpoints } from './checkpoints.js';
import { openForReading } from './connection.js';
import { dependencies } from './dependencies.js';
import { events } from './events.js';
import { facts } from './facts.js';
import { foldedPages } from './folded.js';
import { groups } from './groups.js';
import { metrics } from './metrics.js';
import { notifications, toldFact } from './notifications.js';
import { type Page, type PageQuery, pages, type Recent } from './pages.js';
import { requests } from './requests.js';
import { runs } from './runs.js';
import type { StoredAttempt, StoredEvent, StoredRun } from './stored.js';
import { submissions } from './submissions.js';
import { sweeps } from './sweeps.js';

export type Reader = ReturnType<typeof openReader>;

/** More runs than this are filtered out of all events instead of being asked for one by one. */
const FEW_RUNS = 32;

/**
 * What the main thread reads, through a connection of its own: committed state only, synchronous, no
 * statement's time grows with history. Opened after the queue and closed before it (the last connection to
 * close tidies up the WAL, which one that only reads cannot). Throws UserError database_corrupt.
 */
export function openReader(stateDir: string) {
  const db = openForReading(stateDir);
  const run = runs(db);
  const attempt = attempts(db);
  const submission = submissions(db);
  const event = events(db);
  const dependency = dependencies(db);
  const group = groups(db);
  const notification = notifications(db);
  const fact = facts(db);
  const request = requests(db);
  const sweep = sweeps(db);
  const metric = metrics(db);
  const checkpoint = checkpoints(db);
  const { page, recent } = pages(db, run.find, foldedPages(db, run.find, sweep));
  /** Several readings of the same moment: the writer goes on meanwhile. */
  const snapshot = <T>(read: () => T): T => db.raw.transaction(read).deferred();

  return {
    run: run.find,
    /** Those that exist, in the order of `ids`. */
    runs: (ids: readonly number[]): StoredRun[] => ids.map(run.find).filter((found) => found !== null),
    /** The newest run (0), the one before (1), …: `@`, `@~1`. At most 10,000 back. */
    newest: (back = 0): StoredRun | null => nth(run.newest(back + 1), back, run.find),
    /** Runs of a name, the newest first. */
    named: (name: string, limit: number): number[] => run.newestNamed(name, limit),
    newestByName: (name: string): StoredRun | null => nth(run.newestNamed(name, 1), 0, run.find),
    runByKey(key: string): StoredRun | null {
      const id = run.idByKey(key);
      return id === null ? null : run.find(id);
    },
    page: (query: PageQuery): Page => snapshot(() => page(query)),
    recent: (query: { now: number; perState: number; fold?: boolean }): Recent =>
      snapshot(() => recent(query)),
    sweep: sweep.find,
    sweepByKey(key: string): Sweep | null {
      const id = sweep.idByKey(key);
      return id === null ? null : sweep.find(id);
    },
    sweepCounts: sweep.counts,
    /** All jobs by their numbers. */
    jobsOf: run.ofSweep,
    /** Ids of the jobs with these numbers. */
    jobs: run.jobs,
    /** An unfinished run that writes, or is to write, the curves of an experiment. */
    writing: run.writing,
    /** The newest other run whose curves are kept under that name. */
    keptAs: run.keptAs,
    queued: (): StoredRun[] => run.inState('queued'),
    held: (): StoredRun[] => run.inState('held'),

    attempt: attempt.find,
    attempts: attempt.ofRun,
    newestAttempt: attempt.newestOfRun,
    /** Another run that resumed, or is to resume, from somewhere below the directory; null when there is none. */
    resumedBelow(directory: string, runId: number): number | null {
      const chosen = run
        .willResume()
        .find(({ id, from }) => id !== runId && from.startsWith(`${directory}/`));
      return chosen?.id ?? attempt.resumedBelow(directory, runId);
    },
    /** Runs with an attempt that has not ended: what a new daemon begins with. */
    live(): { run: StoredRun; attempt: StoredAttempt }[] {
      return attempt.live().flatMap((live) => {
        const found = run.find(live.runId);
        return found === null ? [] : [{ run: found, attempt: live }];
      });
    },

    /** What is known of a run's checkpoints beyond what lies on disk. */
    checkpoints: checkpoint.ofRun,
    /** Directories that unfinished runs which have begun write their checkpoints to. */
    places: run.places,
    /** Runs that are not over and have had an attempt: curves are theirs. */
    begun: run.begun,
    /** Another run than `runId` that came, or is to come, from this very checkpoint; null: none. */
    cameFrom(path: string, runId: number): number | null {
      const chosen = run.willResume().find(({ id, from }) => id !== runId && from === path);
      return chosen?.id ?? attempt.resumedFrom(path, runId);
    },

    submission: submission.find,
    code: submission.code,
    diffsInUse: submission.diffs,
    environmentsInUse: submission.environments,
    configurationsInUse: (): string[] => [...submission.configurations(), ...sweep.multiruns()],
    usesEnvironment: submission.usesEnvironment,

    progress: metric.progress,
    standings: metric.standings,

    dependencies: dependency.of,
    dependants: dependency.dependants,

    groups: group.all,
    group: group.find,
    groupCounts: group.counts,

    draining: (): boolean => fact.find('draining') === 'true',
    fact: fact.find,

    notificationsAfter: notification.after,
    /** The newest notification that the target is done with; 0 for a target never seen. */
    toldTo: (target: string): number => Number(fact.find(toldFact(target)) ?? 0),

    /** The results of a request, as the queue keeps them; null when it was not answered in the last day. */
    answered: request.find,

    newestSeq: event.newestSeq,
    eventsFloor: event.floor,
    /**
     * Events with a larger number than `after`, of some runs or of all. `next` is where to go on, also when
     * none was of these runs. Throws UserError compacted below the floor.
     */
    events(after: number, limit: number, runIds: readonly number[] = []): EventPage {
      return snapshot(() => {
        const floor = event.floor();
        if (after < floor) throw compacted(floor);
        if (runIds.length === 0 || runIds.length > FEW_RUNS)
          return filtered(event.after(after, limit), new Set(runIds), after);
        const some = runIds
          .flatMap((id) => event.ofRunAfter(id, after, limit))
          .sort((a, b) => a.seq - b.seq)
          .slice(0, limit);
        const last = some[limit - 1];
        return { events: some, next: last?.seq ?? Math.max(after, event.newestSeq()) };
      });
    },
    /** What is known of a run's past, the oldest first: its newest events, as far as they are above the floor. */
    history: (runId: number, limit = 1000): StoredEvent[] => event.newestOfRun(runId, limit),

    snapshot,
    close: (): void => void db.raw.close(),
  };
}

const compacted = (floor: number): UserError =>
  new UserError(
    'compacted',
    `events up to ${floor} are no longer kept`,
    'list the runs again and watch from the number that the list gives',
  );

export interface EventPage {
  events: StoredEvent[];
  next: number;
}

function filtered(all: StoredEvent[], wanted: Set<number>, after: number): EventPage {
  const some = wanted.size === 0 ? all : all.filter(({ runId }) => wanted.has(runId));
  return { events: some, next: all.at(-1)?.seq ?? after };
}

const nth = (ids: number[], index: number, find: (id: number) => StoredRun | null): StoredRun | null => {
  const id = ids[index];
  return id === undefined ? null : find(id);
};
