import { lstat, readdir } from 'node:fs/promises';
import { runPaths } from '../rundir/paths.js';

/** What the daemon makes in every run directory, and the links to logs beside it. */
const OURS = /^(?:\.expd|\.hydra|logs|checkpoints|metrics|config\.yaml|metadata\.json|status\.json|.*\.log)$/;

/**
 * Whether nothing in a run directory, or beside its curves, can be a checkpoint, by a glance: most runs that fail at
 * once leave nothing.
 */
export async function isUntouched(
  runDir: string,
  attempt: number,
  curves: string | null = null,
): Promise<boolean> {
  const { checkpoints, metricsFile } = runPaths(runDir, attempt, false);
  const [beside, names, saved, metrics] = await Promise.all([
    curves === null ? [] : readdir(curves).catch(() => []),
    readdir(runDir).catch(() => []),
    readdir(checkpoints).catch(() => []),
    lstat(metricsFile).catch(() => null),
  ]);
  return (
    beside.length === 0 &&
    names.every((name) => OURS.test(name)) &&
    saved.length === 0 &&
    (metrics?.size ?? 0) === 0
  );
}
