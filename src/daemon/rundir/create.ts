import { symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../clock.js';
import { claimDirectory, isOwnDirectory } from './claim.js';
import { configYaml } from './config.js';
import type { Contract } from './contract.js';
import { type Layout, type LayoutValues, runDirectoryPath } from './layout.js';
import { type Layouts, layoutNamed } from './layouts.js';
import { metadataJson } from './metadata.js';
import { directoryMode, fileMode, makeDirectories } from './modes.js';
import type { AttemptOrder, RunDirectory } from './order.js';
import { runPaths, TOP_LEVEL, type TopLevelFile } from './paths.js';
import { copyToTop, earlierRecords, linkLog, readRegular, show, writeNew } from './publish.js';
import { runningStatus } from './status.js';

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

/** What the daemon writes before exec: directories of the contract, records, their copies, the link to the log. */
export async function fillRunDirectory(
  order: AttemptOrder,
  { runDir, log, shared }: Claimed,
  contract: Contract,
  startedAt: number,
): Promise<void> {
  const { submission, attempt } = order;
  const paths = runPaths(runDir, attempt, submission.split);
  const mode = fileMode(submission.umask);
  const contents: Record<TopLevelFile, string> = {
    'config.yaml': configYaml(order, contract.argv),
    'metadata.json': metadataJson(order, contract.environment, startedAt),
    'status.json': runningStatus({ runId: order.runId, ulid: order.ulid, attempt, startedAt }),
  };
  const earlier = shared ? await earlierRecords(runDir, attempt) : null;
  await Promise.all([
    ...[paths.logs, paths.checkpoints, paths.metrics].map((directory) =>
      makeDirectories(directory, directoryMode(submission.umask)),
    ),
    makeDirectories(paths.records, directoryMode(submission.umask)).then(() =>
      Promise.all(TOP_LEVEL.map((file) => writeNew(join(paths.records, file), contents[file], mode))),
    ),
    shared
      ? linkLog(runDir, order.name, log)
      : symlink(join(basename(paths.logs), basename(log)), join(runDir, `${order.name}.log`)),
  ]);
  if (!submission.topLevel) return;
  if (!shared) return copyToTop(paths.records, runDir);
  await Promise.all(
    TOP_LEVEL.map(async (file) =>
      show(
        join(runDir, file),
        Buffer.from(contents[file]),
        mode,
        earlier === null ? null : await readRegular(join(earlier, file)),
      ),
    ),
  );
}

const layoutValues = (layout: Layout, order: AttemptOrder, now: number): LayoutValues => ({
  now: new Date(layout.per === 'run' ? order.submittedAt : now),
  name: order.name,
  job: '',
  attempt: String(order.attempt),
  run_id: String(order.runId),
  ulid: order.ulid,
  git: order.code?.known ? order.code.commit.slice(0, 8) : '',
  experiment_id: order.experimentId,
  sweep: '',
});
