import { isAbsolute, normalize, resolve } from 'node:path';
import { type Composed, Dict, HydraError, type Value } from '../hydra/hydra.js';

// A project's own `hydra.run.dir` and `hydra.sweep.*` are its layout; what Hydra has by default is none.

const DEFAULTS = {
  'run.dir': 'outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}',
  'sweep.dir': 'multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}',
  'sweep.subdir': '${hydra.job.num}',
} as const;

/** A directory of the project's own. '' where there is none; `${now:…}` in it stands for a time that is to come. */
export interface OwnDirectory {
  path: string;
  /** Why the project's own cannot be used, or ''. */
  note: string;
}

const NONE: OwnDirectory = { path: '', note: '' };

/** `hydra.run.dir` of a single run, absolute. */
export const ownRunDir = (composed: Composed, cwd: string): OwnDirectory =>
  isOwn(composed, 'run.dir')
    ? attempt('hydra.run.dir', () => within(cwd, composed.pattern('hydra.run.dir')))
    : NONE;

/** `hydra.sweep.dir`, absolute. */
export const ownSweepDir = (master: Composed, cwd: string): OwnDirectory =>
  isOwn(master, 'sweep.dir')
    ? attempt('hydra.sweep.dir', () => resolve(cwd, String(master.select('hydra.sweep.dir'))))
    : NONE;

/** Whether the directories of jobs depend on more than their numbers, so that each job has to be asked. */
export const ownSubdirs = (master: Composed): boolean => isOwn(master, 'sweep.subdir');

/** `hydra.sweep.subdir` of a job, absolute, where it leads out of the directory of the sweep. */
export const ownJobDir = (job: Composed, cwd: string): OwnDirectory =>
  attempt('hydra.sweep.subdir', () => {
    const sweep = within(cwd, job.pattern('hydra.sweep.dir'));
    const subdir = job.pattern('hydra.sweep.subdir');
    if (!isAbsolute(subdir) && !normalize(subdir).startsWith('../')) return '';
    const path = within(sweep, subdir);
    // A time may bring slashes of its own, which `..` would not count.
    return /\$\{now:[^}]*\//.test(path) ? path : normalize(path);
  });

function isOwn(composed: Composed, key: keyof typeof DEFAULTS): boolean {
  const written = at(composed.value('hydra'), ['hydra', ...key.split('.')]);
  return written !== DEFAULTS[key];
}

const at = (value: Value, [key, ...rest]: readonly string[]): Value =>
  key === undefined ? value : value instanceof Dict ? at(value.get(key) ?? null, rest) : null;

/** Joined as text: a time may bring slashes of its own. */
const within = (cwd: string, path: string): string => (isAbsolute(path) ? path : `${cwd}/${path}`);

function attempt(key: string, work: () => string): OwnDirectory {
  try {
    return { path: work(), note: '' };
  } catch (error) {
    // Resolvers of the program are known to the program alone.
    if (!(error instanceof HydraError) || error.type !== 'UnsupportedInterpolationType') throw error;
    return { path: '', note: `${key}: ${error.message}; the layout's directory is used instead` };
  }
}
