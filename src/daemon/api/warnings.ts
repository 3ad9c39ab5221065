import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../../environment.js';
import { holdsSecret } from '../../secrets.js';
import type { Submission } from '../run/submission.js';
import { outputsDir } from '../rundir/paths.js';

/** execvp(3) without PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

/** What is wrong but no reason to refuse: it may be right when the run starts. One asks for many alike submissions. */
export class Warnings {
  /** The submissions of one call mostly have the same program and directory. */
  readonly #looked = new Map<string, Promise<string | null>>();

  async of({ argv, cwd, project }: Submission, environment: Environment): Promise<string[]> {
    const path = environment.PATH ?? DEFAULT_PATH;
    const program = argv[0]!;
    const found = await Promise.all([
      this.#once(`directory ${cwd}`, () => directory(cwd)),
      this.#once(`project ${project}`, () => writable(project)),
      this.#once(['program', program, program.includes('/') ? cwd : path].join('\0'), () =>
        findable(program, cwd, path),
      ),
    ]);
    const secret = holdsSecret(argv)
      ? 'the command holds what looks like a secret: it is stored as given, shown redacted'
      : null;
    return [...found, secret].filter((warning) => warning !== null);
  }

  #once(what: string, look: () => Promise<string | null>): Promise<string | null> {
    const looked = this.#looked.get(what) ?? look();
    this.#looked.set(what, looked);
    return looked;
  }
}

async function directory(cwd: string): Promise<string | null> {
  const found = await stat(cwd).catch(() => null);
  if (found === null) return `the working directory ${cwd} does not exist; without it the run will be held`;
  return found.isDirectory() ? null : `the working directory ${cwd} is not a directory`;
}

/** Run directories are made below `outputs`, or it with them. */
async function writable(project: string): Promise<string | null> {
  for (const place of [outputsDir(project), project]) {
    const found = await stat(place).catch(() => null);
    if (found === null) continue;
    const mayWrite = await access(place, constants.W_OK).then(
      () => found.isDirectory(),
      () => false,
    );
    return mayWrite ? null : `${place} cannot be written: without a run directory the run does not start`;
  }
  return null;
}

async function findable(program: string, cwd: string, path: string): Promise<string | null> {
  if (program.includes('/'))
    return (await executable(resolve(cwd, program))) ? null : `${program} cannot be executed (from ${cwd})`;
  for (const folder of path.split(delimiter)) {
    // An empty entry is the working directory.
    const file = join(isAbsolute(folder) ? folder : resolve(cwd, folder), program);
    if (await executable(file)) return null;
  }
  return `${program} is not on the PATH of the submitted environment`;
}

async function executable(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return false;
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
