import { lstat } from 'node:fs/promises';
import type { Clock } from '../clock.js';
import { claimDirectory, isOwnDirectory } from './claim.js';
import { configYaml } from './config.js';
import type { Contract } from './contract.js';
import { type Layout, type LayoutValues, runDirectoryPath } from './layout.js';
import { type Layouts, layoutNamed } from './layouts.js';
import { metadataJson } from './metadata.js';
import { directoryMode, makeDirectories } from './modes.js';
import type { AttemptOrder, RunDirectory } from './order.js';
import { runPaths } from './paths.js';
import { addRecord, linkLog } from './publish.js';

export interface CreatePorts {
  layouts: Layouts;
  clock: Clock;
}

/** A run directory in which this attempt is the first, or one that earlier attempts have used. */
export interface Claimed extends RunDirectory {
  shared: boolean;
}

/**
 * Makes the run directory, by mkdir alone so that it is nobody else's, or takes the run's own again where the
 * layout has one per run. Nothing in it yet.
 */
export async function createRunDirectory(
  order: AttemptOrder,
  { layouts, clock }: CreatePorts,
): Promise<Claimed> {
  const { submission, previousRunDir, attempt } = order;
  const layout = layoutNamed(layouts, submission.layout);
  const shared = layout.per === 'run' && !!previousRunDir && (await isOwnDirectory(previousRunDir));
  const runDir = shared
    ? previousRunDir
    : await claimDirectory(
        runDirectoryPath(layout, submission.project, layoutValues(layout, order, clock.now())),
        directoryMode(submission.umask),
      );
  const { log, errorLog } = runPaths(runDir, attempt, submission.split);
  return { runDir, log, errorLog, shared };
}

/** What the daemon writes before exec: directories of the contract, records with their copies, the link to the log. */
export async function fillRunDirectory(
  order: AttemptOrder,
  { runDir, log, shared }: Claimed,
  contract: Contract,
  startedAt: number,
): Promise<void> {
  const { submission, attempt } = order;
  const { topLevel, umask } = submission;
  const paths = runPaths(runDir, attempt, submission.split);
  const make = (directory: string): Promise<void> => makeDirectories(directory, directoryMode(umask));
  const where = { runDir, attempt, shared, topLevel, umask };
  const metricsStart = shared ? await sizeOf(paths.metricsFile) : 0;
  await Promise.all([
    ...[paths.logs, paths.checkpoints, paths.metrics].map(make),
    linkLog(runDir, order.name, log),
    make(paths.records).then(() =>
      Promise.all([
        addRecord(where, 'config.yaml', configYaml(order, contract.argv)),
        addRecord(where, 'metadata.json', metadataJson(order, contract.environment, startedAt, metricsStart)),
      ]),
    ),
  ]);
}

/** 0 for what is not there. */
const sizeOf = async (path: string): Promise<number> => (await lstat(path).catch(() => null))?.size ?? 0;

const layoutValues = (layout: Layout, order: AttemptOrder, now: number): LayoutValues => ({
  now: layout.per === 'run' ? order.submittedAt : now,
  name: order.name,
  job: '',
  attempt: String(order.attempt),
  run_id: String(order.runId),
  ulid: order.ulid,
  git: order.code?.known ? order.code.commit.slice(0, 8) : '',
  experiment_id: order.experimentId,
  sweep: '',
});
