import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach } from 'vitest';

export const SHIM = process.env.EXPSHIM ?? resolve(`native/prebuilt/expshim-linux-${process.arch}`);
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Identity {
  pid: number;
  start: number;
}

export interface Started {
  v: 1;
  attempt: string;
  boot: string;
  shim: Identity;
  main: Identity;
  at: number;
  cgroup: string | null;
}

export interface Exit {
  v: 1;
  attempt: string;
  boot: string;
  pid: number | null;
  start: number | null;
  code: number | null;
  signal: string | null;
  core: boolean;
  exec_errno: number;
  exec: boolean;
  error: string | null;
  stop: string | null;
  outside: string | null;
  oom_kills: number;
  at: number;
  ran_ms: number;
  orphans_reaped: number;
  leftover_kills: number;
  unkillable: number;
  stuck: { pid: number; wchan: string } | null;
}

/** A value, or one value for each line of a repeated key. */
type Keys = Record<string, string | number | string[]>;

export interface Attempt {
  id: string;
  dir: string;
  log: string;
}

const made: Attempt[] = [];
const roots: string[] = [];

/** A temporary directory that goes with the test. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'expshim-'));
  roots.push(dir);
  return dir;
}

/** An attempt directory with its spec, as the daemon makes it. `keys` replace the defaults. */
export function makeAttempt(
  args: string[],
  keys: Keys = {},
  root = scratch(),
  id = randomBytes(8).toString('hex'),
): Attempt {
  const dir = join(root, id);
  const log = join(root, `${id}.log`);
  mkdirSync(dir, { mode: 0o700 });
  const spec: Keys = {
    v: 1,
    attempt: id,
    cwd: root,
    log,
    umask: '022',
    grace_ms: 10_000,
    linger_ms: 100,
    arg: args,
    ...keys,
    env: [`PATH=${PATH}`, `EXPD_ATTEMPT_ID=${id}`, ...[keys.env ?? []].flat().map(String)],
  };
  const strings = Object.entries(spec).flatMap(([key, value]) => [value].flat().map((v) => `${key}=${v}\0`));
  writeFileSync(join(dir, 'spec'), strings.join(''), { mode: 0o600 });
  const attempt = { id, dir, log };
  made.push(attempt);
  return attempt;
}

export const sh = (script: string, keys?: Keys): Attempt => makeAttempt(['/bin/sh', '-c', script], keys);

function record(attempt: Attempt, name: string): unknown {
  return JSON.parse(readFileSync(join(attempt.dir, name), 'utf8'));
}
export const startedOf = (attempt: Attempt): Started => record(attempt, 'started') as Started;
export const exitOf = (attempt: Attempt): Exit => record(attempt, 'exit') as Exit;
/** What the run wrote so far. */
export const logOf = (attempt: Attempt): string =>
  existsSync(attempt.log) ? readFileSync(attempt.log, 'utf8') : '';
export const has = (attempt: Attempt, name: string): boolean => existsSync(join(attempt.dir, name));

export interface Running {
  attempt: Attempt;
  pid: number;
  /** Resolves with the line; with undefined when the shim ended without it. */
  started: Promise<string | undefined>;
  /** The shim's exit status, or its signal. */
  over: Promise<number | string>;
}

/** `expshim run`, perhaps under another program (strace, setpriv). Its pid is that program's. */
export function run(attempt: Attempt, under: string[] = [], shim = SHIM): Running {
  const [file, ...args] = [...under, shim, 'run', attempt.dir];
  const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } });
  const over = new Promise<number | string>((done) => {
    child.on('exit', (code, signal) => done(code ?? signal!));
  });
  const started = new Promise<string | undefined>((done) => {
    child.stdout.once('data', (bytes: Buffer) => done(bytes.toString()));
    child.stdout.once('close', () => done(undefined));
  });
  child.stderr.resume();
  return { attempt, pid: child.pid!, started, over };
}

/** Runs it to its end. */
export async function runToEnd(attempt: Attempt, under: string[] = []): Promise<Exit> {
  const status = await run(attempt, under).over;
  if (status !== 0) throw new Error(`the shim ended with ${status}`);
  return exitOf(attempt);
}

/** Sends commands as the daemon does. */
export function command(attempt: Attempt, bytes: string): void {
  const fd = openSync(join(attempt.dir, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(fd, bytes);
  closeSync(fd);
}

/** Resolves when nobody holds the claim any more. */
export function claimDropped(attempt: Attempt): Promise<void> {
  const fd = openSync(join(attempt.dir, 'claim'), constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  return new Promise((done) => {
    socket.on('close', () => done()).on('error', () => {});
    socket.resume();
  });
}

/** How many processes of the attempt are alive; they are signalled when a signal is named. */
export function processesOf(attempt: Attempt, signal = 'CONT'): number {
  return Number(execFileSync(SHIM, ['kill', attempt.id, signal], { encoding: 'utf8' }));
}

export function alive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

afterEach(() => {
  for (const attempt of made.splice(0)) if (!has(attempt, 'exit')) processesOf(attempt, 'KILL');
  for (const dir of roots.splice(0)) rmSync(dir, { recursive: true, force: true });
});
