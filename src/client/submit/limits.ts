import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Rlimit } from '../../gen/expd/v1/runs.js';

/** What a command would inherit from the shell. */
export interface ShellLimits {
  umask: number;
  nice: number;
  rlimits: Rlimit[];
}

export function shellLimits(): ShellLimits {
  const own = parseLimits(limitsOf('self'));
  const shell = parseLimits(limitsOf(String(process.ppid)));
  return { umask: process.umask(), nice: getPriority(), rlimits: undoRaised(own, shell) };
}

const limitsOf = (process: string): string => {
  try {
    return readFileSync(`/proc/${process}/limits`, 'latin1');
  } catch {
    return '';
  }
};

/**
 * Node raises its own soft limit of open files to the hard one when it starts, and the shell did not mean that:
 * its own soft limit counts where that can be read and the hard limits agree.
 */
export function undoRaised(own: readonly Rlimit[], shell: readonly Rlimit[]): Rlimit[] {
  const theirs = shell.find(({ name }) => name === 'NOFILE');
  return own.map((limit) =>
    limit.name === 'NOFILE' && theirs !== undefined && theirs.hard === limit.hard ? theirs : limit,
  );
}

/** Titles of /proc/PID/limits (proc(5)) and the names of setrlimit(2) without RLIMIT_. */
const NAMES: Readonly<Record<string, string>> = {
  'Max cpu time': 'CPU',
  'Max file size': 'FSIZE',
  'Max data size': 'DATA',
  'Max stack size': 'STACK',
  'Max core file size': 'CORE',
  'Max resident set': 'RSS',
  'Max processes': 'NPROC',
  'Max open files': 'NOFILE',
  'Max locked memory': 'MEMLOCK',
  'Max address space': 'AS',
  'Max file locks': 'LOCKS',
  'Max pending signals': 'SIGPENDING',
  'Max msgqueue size': 'MSGQUEUE',
  'Max nice priority': 'NICE',
  'Max realtime priority': 'RTPRIO',
  'Max realtime timeout': 'RTTIME',
};

/** Bytes, seconds or counts; -1 = unlimited. */
export function parseLimits(text: string): Rlimit[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(Max [a-z ]+?) {2,}(\S+) +(\S+)/.exec(line);
    const name = match === null ? undefined : NAMES[match[1]!];
    return name === undefined ? [] : [{ name, soft: limit(match![2]!), hard: limit(match![3]!) }];
  });
}

/** Numbers beyond 2^53 are as good as unlimited. */
const limit = (word: string): number => (Number.isSafeInteger(Number(word)) ? Number(word) : -1);
