import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Run } from '../../gen/expd/v1/runs.js';

/** What TensorBoard is to look at. */
export interface LogDirectory {
  path: string;
  /** For people. */
  what: string;
  /** Takes a view away. */
  remove(): void;
}

/** The curves of the project that a directory is in; null where there are none. */
export function logDirectory(from: string): string | null {
  const candidate = join(from, 'outputs/tensorboard');
  if (existsSync(candidate)) return candidate;
  const above = dirname(from);
  return above === from ? null : logDirectory(above);
}

/**
 * A directory of links to the curves of some runs, made for now and outside of every project. Both of TensorBoard's
 * loaders follow them, also one that leads nowhere yet.
 */
export function viewOf(
  runs: readonly Pick<Run, 'id' | 'project' | 'experimentId'>[],
  env: Readonly<Record<string, string | undefined>>,
): LogDirectory {
  const path = mkdtempSync(join(env.TMPDIR || tmpdir(), 'expd-tensorboard-'));
  const taken = new Map<string, string>();
  for (const { id, project, experimentId } of runs) {
    const target = join(project, 'outputs/tensorboard', experimentId);
    const known = taken.get(experimentId);
    if (known === target) continue;
    const name = known === undefined ? experimentId : `${experimentId}-run${id}`;
    taken.set(name, target);
    symlinkSync(target, join(path, name));
  }
  return {
    path,
    what: `${runs.length === 1 ? 'run' : 'runs'} ${runs.map(({ id }) => id).join(', ')}`,
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
