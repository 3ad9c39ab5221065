import { readdir } from 'node:fs/promises';
import type { Log } from '../log.js';
import type { Queue } from '../queue/queue.js';
import { wasExecuted } from '../run/outcome.js';
import { isFinal } from '../run/run.js';
import type { Chronicle } from '../rundir/chronicle.js';
import type { ContentStore } from '../rundir/content.js';
import { attemptsDir } from '../rundir/paths.js';
import { discardCopy } from '../rundir/prepare.js';
import { sweepPointers, sweepRecords, sweepUnclaimed } from '../rundir/sweep.js';
import type { Writers } from '../rundir/writers.js';
import type { Reader } from '../store/reader.js';
import type { StoredAttempt } from '../store/stored.js';
import type { Executor } from '../supervisor/executor.js';
import type { Tracking } from './tracking.js';

export interface TidyPorts {
  state: string;
  log: Log;
  reader: Reader;
  executor: Pick<Executor, 'settled'>;
  chronicle: Chronicle;
  tracking: Pick<Tracking, 'ended'>;
  writers: Writers;
  environments: Pick<ContentStore, 'removeUnused' | 'sweep'>;
  configurations: Pick<ContentStore, 'removeUnused' | 'sweep'>;
  diffs: Pick<ContentStore, 'removeUnused' | 'sweep'>;
}

/**
 * What a daemon that was killed left half done: attempts that were prepared and never claimed go, ends that were
 * committed get their last records. Before anything is started, so that only leftovers are seen.
 */
export async function tidyUp(ports: TidyPorts): Promise<void> {
  const { state, log, reader, chronicle, tracking, executor } = ports;
  await Promise.all([ports.environments, ports.configurations, ports.diffs].map((store) => store.sweep()));
  const attempts = (await readdir(attemptsDir(state)).catch(() => [])).map((id) => reader.attempt(id));
  const known = attempts.filter((attempt) => attempt !== null);
  const { removed, claimed } = await sweepUnclaimed(state, new Set(known.map(({ id }) => id)));
  if (removed.length > 0) log.info({ event: 'unclaimed_swept', attemptIds: removed });
  if (claimed.length > 0) log.warn({ event: 'unknown_attempts', attemptIds: claimed });
  // A claim is committed while its files are being made: one that is live may have no directory in the state yet.
  const written = [...known, ...reader.live().map(({ attempt }) => attempt)];
  await sweepWritten(written, reader);
  const ended = known.filter(({ phase }) => phase === 'ended');
  await leaveCurves(ports, new Set(ended.map(({ runId }) => runId)));
  for (const attempt of ended) {
    const run = reader.run(attempt.runId);
    const told =
      run === null
        ? []
        : [
            discardUnused(attempt, state),
            chronicle.ended(attempt, run),
            chronicle.adopted(attempt, run),
            tracking.ended(attempt, run),
          ];
    void Promise.all(told).then(() => {
      executor.settled(attempt.id);
      const now = reader.run(attempt.runId);
      if (run !== null && (now === null || isFinal(now.state))) void ports.writers.leave(run);
    });
  }
}

async function sweepWritten(attempts: readonly StoredAttempt[], reader: Reader): Promise<void> {
  const sweepDirs = new Set<string>();
  const records = attempts.map(({ runId, runDir, number }) => {
    const run = reader.run(runId);
    const sweepDir = run?.job == null ? null : reader.sweep(run.job.sweep)?.dir;
    if (sweepDir != null) sweepDirs.add(sweepDir);
    return sweepRecords(runDir, number, run?.name ?? '');
  });
  await Promise.all([...records, ...[...sweepDirs].map(sweepPointers)]);
}

/** Of an attempt that was never executed: the copy of a checkpoint is of no use and may be large. */
export async function discardUnused({ id, outcome }: StoredAttempt, state: string): Promise<void> {
  if (outcome !== null && !wasExecuted(outcome)) await discardCopy(id, state).catch(() => {});
}

/** Of runs that are over, or that nobody has claimed; but `unsettled` ones have something to write first. */
async function leaveCurves({ writers, reader }: TidyPorts, unsettled: ReadonlySet<number>): Promise<void> {
  for (const marked of await writers.marked()) {
    const run = reader.run(marked.id);
    const ours = run !== null && run.ulid === marked.ulid;
    const over = !ours || run.attempt === 0 || isFinal(run.state);
    // In its turn: a start of the same run comes after it.
    if (over && !(ours && unsettled.has(run.id))) void writers.leave(marked);
  }
}

/** Environments, configurations and diffs go with the last run that needs them. */
export function tidyAfterRemovals(
  { log, reader, environments, configurations, diffs }: TidyPorts,
  queue: Queue,
): () => void {
  const remove = async (): Promise<void> => {
    try {
      await environments.removeUnused(() => new Set(reader.environmentsInUse()));
      await configurations.removeUnused(() => new Set(reader.configurationsInUse()));
      await diffs.removeUnused(() => new Set(reader.diffsInUse()));
    } catch (err) {
      log.warn({ event: 'unused_not_removed', err });
    }
  };
  let underWay = Promise.resolve();
  return queue.onCommit(({ removed }) => {
    if (removed.length > 0) underWay = underWay.then(remove);
  });
}
