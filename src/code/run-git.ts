import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface GitAnswer {
  end: 'ok' | 'failed' | 'missing' | 'overdue' | 'too_long';
  stdout: Buffer;
  /** Of all commands that ran together. */
  stderr: string;
}

export interface GitCommand {
  args: readonly string[];
  /** More output than this ends it. */
  maxBytes: number;
  /** It takes long: it runs beside all others, which run one after the other. */
  long?: boolean;
}

interface Options {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** When it is ended, of `clock`. */
  until: number;
}

/** Never waits for a lock or a person, runs no hook or monitor of the repository, speaks English. */
const ENVIRONMENT = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat', LC_ALL: 'C' };
const SETTINGS = ['core.fsmonitor=false', 'core.quotePath=false', 'diff.autoRefreshIndex=true'].flatMap(
  (setting) => ['-c', setting],
);

/** Milliseconds since some moment. */
export const clock = (): number => Number(process.hrtime.bigint()) / 1e6;

/** One git command; never rejects. */
export async function git(
  args: readonly string[],
  options: Options & { maxBytes: number },
): Promise<GitAnswer> {
  const [answer] = await gits([{ args, maxBytes: options.maxBytes }] as const, options);
  return answer;
}

/** Where the outputs begin: the shell's own standard output carries the exit codes. At most six fit one digit. */
const FIRST = 3;
const MISSING = 127;

/**
 * Several git commands, started by one shell: a child costs a short-lived caller more time than git takes. Never
 * rejects.
 */
export async function gits<const Commands extends readonly GitCommand[]>(
  commands: Commands,
  options: Options,
): Promise<{ [N in keyof Commands]: GitAnswer }> {
  // One answer for each command, in their order: map cannot say so.
  return (await together(commands, options)) as { [N in keyof Commands]: GitAnswer };
}

function together(commands: readonly GitCommand[], { cwd, env, until }: Options): Promise<GitAnswer[]> {
  return new Promise((answer) => {
    const child = spawn('/bin/sh', ['-c', script(commands)], {
      cwd,
      env: { ...env, ...ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe', ...commands.map(() => 'pipe' as const)],
      // A process group of its own, so that all of it can be ended.
      detached: true,
    });
    // All of them pipes, as asked for.
    const [codes, errors] = [collect(child.stdio[1] as Readable), collect(child.stdio[2] as Readable)];
    const outputs = commands.map(({ maxBytes }, n) => collect(child.stdio[FIRST + n] as Readable, maxBytes));
    let overdue = false;
    const stop = (): void => {
      overdue = true;
      if (child.pid !== undefined) killGroup(child.pid);
      // A filter or helper that git started may hold the pipes open.
      for (const stream of child.stdio) stream?.destroy();
    };
    const timer = setTimeout(stop, until - clock());
    const done = (started: boolean): void => {
      clearTimeout(timer);
      const ended = new Map(
        codes
          .text()
          .split('\n')
          .map((text): [string, number] => [text.split(' ')[0]!, Number(text.split(' ')[1])]),
      );
      answer(
        outputs.map((output, n) => {
          const code = ended.get(String(n));
          const end = !started || code === MISSING ? 'missing' : code === 0 ? 'ok' : 'failed';
          const cut = output.tooLong() ? 'too_long' : overdue && code === undefined ? 'overdue' : null;
          return { end: cut ?? end, stdout: output.bytes(), stderr: errors.text() };
        }),
      );
    };
    // Also for a working directory that is gone: then git is not what is missing, but nothing is known either.
    child.on('error', () => done(false));
    child.on('close', () => done(true));
  });
}

/** A subshell for each would cost as much as git itself, so the short ones run in this one. */
function script(commands: readonly GitCommand[]): string {
  const all = commands.map(({ args, long = false }, n) => ({ run: `${line(args)} >&${FIRST + n}`, long, n }));
  return [
    ...all.filter(({ long }) => long).map(({ run, n }) => `${run} & P${n}=$!`),
    ...all.filter(({ long }) => !long).map(({ run, n }) => `${run}; echo ${n} $?`),
    ...all.filter(({ long }) => long).map(({ n }) => `wait $P${n}; echo ${n} $?`),
  ].join('\n');
}

const line = (args: readonly string[]): string =>
  ['git', ...SETTINGS, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {} // It ended by itself.
}

/** What a stream brings; nobody reads on after `maxBytes`. */
function collect(stream: Readable, maxBytes = 1 << 16) {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) stream.destroy();
    else chunks.push(chunk);
  });
  stream.on('error', () => {});
  return {
    bytes: () => Buffer.concat(chunks),
    text: () => Buffer.concat(chunks).toString(),
    tooLong: () => length > maxBytes,
  };
}
