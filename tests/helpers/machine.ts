import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from './until.js';

export const ROOT = process.getuid?.() === 0;

/** Whether this machine has a program. */
export const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

/** A tmpfs of that size over a directory, for the length of a test; `release` before the directory goes. */
export function smallDisk(directory: string, size: string): { release(): void } {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', directory]);
  return { release: () => void spawnSync('umount', ['-l', directory]) };
}

/** Fills a disk to its last byte; the answer frees it again. */
export function fill(directory: string): () => void {
  const file = join(directory, 'filler');
  spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k'], { stdio: 'ignore' });
  spawnSync('dd', ['if=/dev/zero', `of=${file}2`, 'bs=1'], { stdio: 'ignore' });
  return () => {
    for (const part of [file, `${file}2`]) rmSync(part, { force: true });
  };
}

/** Starts a program in a mount namespace in which the machine has this boot id (random(4)). */
export function inBoot(bootId: string, file: string, command: readonly string[]): string[] {
  writeFileSync(file, `${bootId}\n`);
  const script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, file, ...command];
}

/** strace(1) on a running process and all its threads, until the answer is called. */
export async function tamper(pid: number, ...inject: string[]): Promise<() => Promise<void>> {
  const calls = inject.map((one) => one.split(':', 1)[0]).join(',');
  const injected = inject.flatMap((one) => ['-e', `inject=${one}`]);
  const args = ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${calls}`, ...injected];
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const over = new Promise<void>((resolve) => strace.once('exit', () => resolve()));
  onTestFinished(() => void strace.kill('SIGKILL'));
  await until('strace holds every thread', () =>
    readdirSync(`/proc/${pid}/task`).every((tid) => tracerOf(pid, tid) !== 0),
  );
  return async () => {
    strace.kill('SIGINT');
    await over;
  };
}

function tracerOf(pid: number, tid: string): number {
  const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
  return Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1]);
}

/** The processes that a process has made and that live. */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Living processes of a mount namespace, as /proc/PID/ns/mnt names it. */
export const processesIn = (namespace: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => namespaceOf(pid) === namespace);

function namespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return null; // it has just ended
  }
}
