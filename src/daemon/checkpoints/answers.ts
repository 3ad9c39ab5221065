import {
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { partOf } from '../rundir/paths.js';
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
  discard({ paths }) {
    const gone = paths.filter(setAside);
    for (const directory of new Set(paths.map(dirname))) emptyTrash(directory);
    return gone;
  },
};

/**
 * Shares blocks where the file system can; the run may write to its copy, so it is never a link. Under its own name only
 * when it is whole: what a crash leaves is no checkpoint.
 */
function copy({ from, to, below }: Asks['copy']['ask']): null {
  const target = join(to, below);
  if (existsSync(target)) return null; // the run's own directory, used again
  const part = partOf(target);
  mkdirSync(dirname(target), { recursive: true });
  try {
    cpSync(from, part, {
      recursive: true,
      preserveTimestamps: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (path) => !refuseOrphan() && !lstatSync(path).isSymbolicLink(),
    });
    refuseOrphan();
    renameSync(part, target);
  } catch (cause) {
    rmSync(part, { recursive: true, force: true });
    throw cause;
  }
  return null;
}

const parent = process.ppid;

/** The daemon that asked is gone: the next one prepares the attempt anew, elsewhere. */
function refuseOrphan(): false {
  if (process.ppid === parent) return false;
  throw new Error('nobody waits for the copy');
}

/** Beside itself, so that the rename stays on its file system; whoever lists sees it whole or not at all. */
const TRASH = '.trash-';

/** Whether it is no checkpoint any more. A crash from here on leaves what nobody takes for one. */
function setAside(path: string): boolean {
  try {
    renameSync(path, join(dirname(path), `${TRASH}${basename(path)}`));
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // What an earlier daemon set aside under this name, and was killed over.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') return code === 'ENOENT';
    emptyTrash(dirname(path));
    return setAside(path);
  }
}

function emptyTrash(directory: string): void {
  for (const name of existsSync(directory) ? readdirSync(directory) : [])
    if (name.startsWith(TRASH)) rmSync(join(directory, name), { recursive: true, force: true });
}
