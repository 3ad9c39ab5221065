import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

export interface Surroundings {
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/** Milliseconds from before its start until it has ended. Throws when it fails. */
export async function timed(argv: readonly string[], { cwd, env }: Surroundings): Promise<number> {
  const begin = performance.now();
  const child = launch(argv, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const [code, signal] = await once(child, 'exit');
  const took = performance.now() - begin;
  if (code !== 0) throw new Error(`${argv.slice(0, 4).join(' ')}: ${code ?? signal} ${complaint}`);
  return took;
}

/** Standard output of a command that must succeed. */
export async function output(
  argv: readonly string[],
  { cwd, env, input }: Surroundings & { input?: string },
): Promise<string> {
  const child = launch(argv, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => {}); // it may end without reading
  child.stdin?.end(input ?? '');
  let [text, complaint] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${argv.slice(0, 4).join(' ')}: ${code ?? signal} ${text}${complaint}`);
  return text;
}

export function launch(argv: readonly string[], options: SpawnOptions): ChildProcess {
  const [program, ...words] = argv;
  if (program === undefined) throw new Error('no program');
  return spawn(program, words, options);
}

/** Living processes whose environment names a directory: those of this benchmark. */
export function processesUnder(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(directory);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Resident memory in MB (2^20). */
export function residentMb(pid: number): number {
  const [, kb = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1024;
}

/** What all threads of a process have used so far: processor time in ms, and how often they were woken. */
export function used(pid: number): { cpuMs: number; wakeups: number } {
  let [cpuMs, wakeups] = [0, 0];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [ns = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    cpuMs += Number(ns) / 1e6;
    wakeups += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { cpuMs, wakeups };
}

/** Polls for what has no event to wait for. */
export async function until(what: string, probe: () => unknown, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await pause(5);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
