import { readdir, readlink, rm, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HYDRA_FILES } from './configured.js';
import type { RunDirectory } from './order.js';
import { partOf, runPaths, TOP_LEVEL } from './paths.js';
import { readRegular } from './publish.js';

/**
 * Takes away what was made for an attempt that was never executed. Files by name and directories only while they
 * are empty: what anybody else put there, or an earlier attempt, is never touched.
 */
export async function discardRunDirectory({
  runDir,
  log,
  errorLog,
  carried,
  hydraFiles,
}: RunDirectory): Promise<void> {
  const attempt = Number(/^attempt-(\d+)\./.exec(basename(log))?.[1]);
  const paths = runPaths(runDir, attempt, errorLog !== null);
  await Promise.all([
    ...TOP_LEVEL.map((file) => withdraw(paths.records, runDir, file)),
    unlinkTo(runDir, log),
  ]);
  await Promise.all(
    [paths.records, log, errorLog].map((path) => path && rm(path, { recursive: true, force: true })),
  );
  if (carried !== undefined) await discardCarried(runDir, carried);
  if (hydraFiles !== undefined)
    for (const file of HYDRA_FILES) await discardBelow(runDir, join(hydraFiles, file));
  const attempts = dirname(paths.records);
  for (const empty of [attempts, dirname(attempts), paths.logs, paths.checkpoints, paths.metrics, runDir])
    await rmdir(empty).catch(() => {});
}

/** A checkpoint that was copied below the run directory, whole or in part. */
export async function discardCarried(runDir: string, carried: string): Promise<void> {
  await discardBelow(runDir, partOf(carried));
  await discardBelow(runDir, carried);
}

/** A top-level copy that is this attempt's; the next attempt shows its own again. */
async function withdraw(records: string, runDir: string, file: string): Promise<void> {
  const [ours, shown] = await Promise.all([
    readRegular(join(records, file)),
    readRegular(join(runDir, file)),
  ]);
  if (ours && shown && ours.equals(shown)) await unlink(join(runDir, file));
}

async function unlinkTo(runDir: string, log: string): Promise<void> {
  const target = join('logs', basename(log));
  const entries = await readdir(runDir, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => entry.isSymbolicLink())) {
    const path = join(runDir, name);
    if ((await readlink(path).catch(() => '')) === target) await unlink(path);
  }
}

/** What lies there, and the directories above it that are empty now. */
async function discardBelow(runDir: string, below: string): Promise<void> {
  await rm(join(runDir, below), { recursive: true, force: true });
  for (let at = dirname(below); at !== '.'; at = dirname(at)) await rmdir(join(runDir, at)).catch(() => {});
}
