import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../errors.js';
import { errnoOf } from './errno.js';

/** The supervisor's program, as it is used by this daemon. */
export interface Shim {
  file: string;
  protocol: string;
  /** sha256 of its source. */
  source: string;
}

const execute = promisify(execFile);
const RUN_LIMIT_MS = 10_000;

/** Where a package has its shim: compiled on this machine, where that was needed, else committed. */
export const shimCandidates = (packageRoot: string): string[] => [
  join(packageRoot, 'dist/native/expshim'),
  join(packageRoot, `native/prebuilt/expshim-linux-${process.arch}`),
];

/**
 * Takes the first candidate that runs here, from a copy in `<state>/bin`: an upgrade deletes the package's
 * file, and a daemon that lives on must still be able to start runs.
 * @throws UserError no_shim, with the recipe; what open(2) says of a full disk.
 */
export async function installShim(candidates: string[], stateDir: string): Promise<Shim> {
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      const bytes = await readFile(candidate);
      return await describe(await copyOf(bytes, join(stateDir, 'bin')));
    } catch (cause) {
      // A full disk says nothing about the program.
      if (errnoOf(cause) === 'ENOSPC' || errnoOf(cause) === 'EDQUOT') throw cause;
      if (errnoOf(cause) !== 'ENOENT') failures.push(cause instanceof Error ? cause.message : String(cause));
    }
  }
  const why = failures.length > 0 ? failures.join('; ').split('\n')[0] : `none for ${process.arch}`;
  throw new UserError(
    'no_shim',
    `no working supervisor (expshim): ${why}`,
    `install a C compiler and make (Debian, Ubuntu: apt-get install gcc make libc6-dev), then: ${compilation(candidates)}; if the state directory is mounted noexec, move it`,
  );
}

/** The command that makes the first candidate; it works in a clone and in an installed package alike. */
const compilation = ([compiled = '']: readonly string[]): string =>
  `make -C ${resolve(compiled, '../../../native')} OUT=${dirname(compiled)}`;

/** `<bin>/expshim-<sha256 prefix>`. Copies of other versions go: a running shim keeps its program. */
async function copyOf(bytes: Buffer, bin: string): Promise<string> {
  const name = `expshim-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
  const file = join(bin, name);
  await mkdir(bin, { recursive: true, mode: 0o700 });
  if (!(await holds(file, bytes))) {
    const fresh = `${file}.${process.pid}.tmp`;
    await writeFile(fresh, bytes, { mode: 0o755 });
    await chmod(fresh, 0o755); // whatever our umask is
    await rename(fresh, file);
  }
  const others = (await readdir(bin)).filter((entry) => entry.startsWith('expshim-') && entry !== name);
  await Promise.all(others.map((entry) => rm(join(bin, entry), { force: true })));
  return file;
}

async function holds(file: string, bytes: Buffer): Promise<boolean> {
  try {
    return bytes.equals(await readFile(file));
  } catch {
    return false;
  }
}

async function describe(file: string): Promise<Shim> {
  const { stdout } = await execute(file, ['version'], { timeout: RUN_LIMIT_MS, env: {} });
  const [, protocol, source] = /^expshim (\S+) (\S+)\n$/.exec(stdout) ?? [];
  if (protocol === undefined || source === undefined)
    throw new Error(`${file} version: ${JSON.stringify(stdout)}`);
  return { file, protocol, source };
}
