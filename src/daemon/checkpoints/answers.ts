import { constants, cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Asks, Kind } from './asks.js';
import { find } from './find.js';
import { scanOne } from './scan.js';
import { mlflowRun } from './told.js';
import { verify } from './verify.js';

/** Everything that the inspecting process can be asked. */
export const ANSWERS: { [K in Kind]: (ask: Asks[K]['ask']) => Asks[K]['answer'] } = {
  scan: ({ places, settled }) => find(places, settled),
  look: ({ path }) => scanOne(path),
  verify,
  copy,
  mlflow: ({ files }) => files.map(mlflowRun).find((id) => id !== null) ?? null,
  discard: ({ paths }) => paths.filter(discard),
};

/** Shares blocks where the file system can; the run may write to its copy, so it is never a link. */
function copy({ from, to, below }: Asks['copy']['ask']): null {
  const target = join(to, below);
  if (existsSync(target)) return null; // the run's own directory, used again
  mkdirSync(dirname(target), { recursive: true });
  cpSync(from, target, {
    recursive: true,
    preserveTimestamps: true,
    errorOnExist: true,
    force: false,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !lstatSync(path).isSymbolicLink(),
  });
  return null;
}

/** Beside itself, so that the rename stays on its file system; whoever lists sees it whole or not at all. */
const TRASH = '.trash-';

/** Whether it is gone. First renamed: a crash leaves what nobody takes for a checkpoint. */
function discard(path: string): boolean {
  const aside = join(dirname(path), `${TRASH}${basename(path)}`);
  rmSync(aside, { recursive: true, force: true });
  try {
    renameSync(path, aside);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'ENOENT';
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
}
