import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/install.js';
import { output, processesUnder, type Surroundings, until } from './process.js';

/** Everything a benchmark stands in: on a real disk, out of the way, gone at the end. */
export interface World extends Surroundings {
  dir: string;
  /** The product's programs, from a copy of this build: it may be built anew meanwhile. */
  expd: string;
  expctl: string;
  /** programs/probe.c, compiled. */
  probe: string;
  programs: string;
  /** A state directory with 100,000 runs in its past, ready to be copied. */
  history: string;
  close(): Promise<void>;
}

/** statfs(2): file systems in memory. There an fsync costs nothing, and nothing here would be true. */
const IN_MEMORY: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);

const VARIABLES = 100;
const ENVIRONMENT_BYTES = 16 << 10;
const FILES = 2000;

export function openWorld(): World {
  const above = mkdtempSync(join(diskDirectory(), 'expd-bench-'));
  spread(above);
  const dir = mkdtempSync(join(above, 'world-'));
  const [product, project, programs] = [join(dir, 'product'), join(dir, 'project'), join(dir, 'programs')];
  for (const made of [product, project, join(dir, 'tmp')]) mkdirSync(made);
  copyProduct(product);
  cpSync(join(PACKAGE_ROOT, 'bench/programs'), programs, { recursive: true });
  const probe = join(programs, 'probe');
  execFileSync('cc', ['-O2', '-static', '-o', probe, join(programs, 'probe.c')]);
  const env = environment(dir);
  makeProject(project, env);
  return {
    dir,
    cwd: project,
    env,
    expd: join(product, 'dist/bin/expd.cjs'),
    expctl: join(product, 'dist/bin/expctl.cjs'),
    probe,
    programs,
    history: join(dir, 'history'),
    async close() {
      // Runs outlive their daemon, so they are found by where they stand.
      for (const pid of processesUnder(dir)) kill(pid);
      await until('everything has ended', () => processesUnder(dir).length === 0);
      rmSync(above, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * What is made in it goes to another part of the disk, by its name. For minutes ext4 passes over every inode that was
 * deleted lately near by (recently_deleted in fs/ext4/ialloc.c), one at a time: where the world before this one was, a
 * new file takes 0.7 ms instead of 0.015.
 */
function spread(dir: string): void {
  try {
    execFileSync('chattr', ['+T', dir], { stdio: 'ignore' });
  } catch {} // Not ext4; the time for a new file is among the facts.
}

/** EXPD_BENCH_DIR, else the temporary directory, else /var/tmp. */
function diskDirectory(): string {
  const wanted = [process.env.EXPD_BENCH_DIR, tmpdir(), '/var/tmp'].filter((path) => path !== undefined);
  const found = wanted.find((path) => existsSync(path) && !IN_MEMORY.has(statfsSync(path).type));
  if (found === undefined) throw new Error(`${wanted.join(', ')}: all in memory; set EXPD_BENCH_DIR`);
  return found;
}

function copyProduct(to: string): void {
  cpSync(join(PACKAGE_ROOT, 'dist'), join(to, 'dist'), {
    recursive: true,
    filter: (path) => !/\/dist\/(cache|bench-\d+|test[^/]*)$/.test(path),
  });
  for (const part of ['package.json', 'proto', 'conf', 'native/prebuilt'])
    cpSync(join(PACKAGE_ROOT, part), join(to, part), { recursive: true });
  symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(to, 'node_modules'));
}

/** A shell's, of a usual size. */
function environment(dir: string): Record<string, string> {
  const env: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: dir,
    LANG: 'C.UTF-8',
    TMPDIR: join(dir, 'tmp'),
    EXPD_NO_START: '1',
  };
  const left = VARIABLES - Object.keys(env).length;
  const each = Math.floor(ENVIRONMENT_BYTES / VARIABLES) - 'VARIABLE_00='.length;
  for (let n = 0; n < left; n++) env[`VARIABLE_${n}`] = 'x'.repeat(each);
  return env;
}

/** A git tree of 2,000 files, three of which differ from the commit. */
function makeProject(project: string, env: Readonly<Record<string, string>>): void {
  const file = (n: number): string => join(project, `package_${n % 40}`, `module_${n}.py`);
  for (let n = 0; n < 40; n++) mkdirSync(join(project, `package_${n}`));
  // Older than the index: git reads again whatever may have been written in the same second as that.
  const before = Date.now() / 1000 - 3600;
  for (let n = 0; n < FILES; n++) {
    writeFileSync(file(n), `# module ${n}\n${'value = 1\n'.repeat(150)}`);
    utimesSync(file(n), before, before);
  }
  const git = (...args: string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], {
      cwd: project,
      env,
    });
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'all');
  for (const n of [1, 2, 3]) writeFileSync(file(n), `# module ${n}\n${'value = 2\n'.repeat(150)}`);
}

/** Makes the history on the first call: some measures need none. */
export async function history(world: World, runs: number): Promise<string> {
  if (existsSync(world.history)) return world.history;
  const script = join(__dirname, 'history.cjs');
  await output([process.execPath, script, world.history, String(runs), world.cwd], world);
  chmodSync(world.history, 0o700);
  return world.history;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // Already gone.
}

/** Everything in a directory, whatever is there already. */
export const copied = (from: string, to: string): void => {
  for (const entry of readdirSync(from)) cpSync(join(from, entry), join(to, entry), { recursive: true });
};
