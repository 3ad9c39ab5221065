import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** What a writer did to its checkpoint directory, in order; paths relative to it. */
export type Operation =
  | { do: 'mkdir' | 'create' | 'remove'; path: string }
  | { do: 'write' | 'sync'; path: string }
  | { do: 'rename'; path: string; to: string }
  /** Something that was done after a save, and so says that it was over. */
  | { do: 'acknowledge'; step: number };

const CALLS =
  'openat,mkdir,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir';

/** The log of a program under strace, whose checkpoints go to `directory` and whose metrics to `metrics`. */
export function operationsOf(
  argv: readonly string[],
  env: Record<string, string>,
  directory: string,
  metrics: string,
): Operation[] {
  const log = join(directory, '../strace.log');
  const traced = spawnSync('strace', ['-f', '-y', '-o', log, '-e', `trace=${CALLS}`, ...argv], {
    env: { PATH: process.env.PATH ?? '', ...env },
    encoding: 'utf8',
  });
  if (traced.status !== 0) throw new Error(`strace: ${traced.stderr}`);
  return parsed(readFileSync(log, 'latin1'), directory, metrics);
}

function parsed(log: string, directory: string, metrics: string): Operation[] {
  const inside = (path: string): string | null => {
    const below = relative(directory, path);
    return below.startsWith('..') ? null : below;
  };
  const operations: Operation[] = [];
  let saved: number | null = null;
  for (const line of log.split('\n')) {
    const call = /^\d+\s+(\w+)\((.*)\)\s+= (\d+)/.exec(line);
    if (call === null) continue;
    const [, name = '', args = ''] = call;
    const file = /^\d+<([^>]*)>/.exec(args)?.[1];
    const words = [...args.matchAll(/"([^"]*)"/g)].map(([, word]) => word!);
    if (saved !== null && name.includes('write') && file === metrics) {
      operations.push({ do: 'acknowledge', step: saved });
      saved = null;
    }
    const beside = name.endsWith('at') ? /^(?:AT_FDCWD|\d+)<([^>]*)>/.exec(args)?.[1] : undefined;
    const path = inside(beside === undefined ? (file ?? words[0] ?? '') : resolve(beside, words[0] ?? ''));
    if (path === null) continue;
    if (name === 'mkdir') operations.push({ do: 'mkdir', path });
    else if (name === 'openat' && args.includes('O_CREAT'))
      operations.push({ do: 'create', path: inside(words[0]!)! });
    else if (name.includes('write')) operations.push({ do: 'write', path });
    else if (/sync$/.test(name)) operations.push({ do: 'sync', path });
    else if (name.startsWith('rename')) {
      const to = inside(words[1]!)!;
      operations.push({ do: 'rename', path: inside(words[0]!)!, to });
      const step = /^step-(\d+)$/.exec(to)?.[1];
      if (step !== undefined) saved = Number(step);
    } else if (/^(?:unlink|rmdir)/.test(name)) operations.push({ do: 'remove', path });
  }
  return operations;
}
