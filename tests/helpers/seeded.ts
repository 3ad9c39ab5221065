import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { signalAll } from './processes.js';

const root = resolve(import.meta.dirname, '..', '..');

/** A change to a source file: the text must stand there exactly once. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** A package of its own, built from changed sources; its daemon runs beside its own shim. */
export interface Build {
  /** How to start its daemon. */
  command: string[];
  remove(): void;
}

/** What to build besides the changed bundles. */
export interface Parts {
  edits?: readonly Edit[];
  /** The supervisor's program in place of the package's. */
  shim?: string;
}

/** What a daemon consists of; scripts/build.mjs has the same. */
const BUNDLES = {
  expd: 'src/daemon/main.ts',
  writer: 'src/daemon/queue/writer.ts',
  inspector: 'src/daemon/checkpoints/process.ts',
  tracker: 'src/daemon/tracking/tracker-thread.ts',
  composer: 'src/daemon/compose/process.ts',
};

/** @throws when an edit does not find its text: the source has moved on, and so must the edit. */
export async function buildMutant({ edits = [], shim }: Parts): Promise<Build> {
  const dir = mkdtempSync(join(tmpdir(), 'expd-mutant-'));
  for (const name of ['package.json', 'proto', 'conf', 'native', 'node_modules'])
    symlinkSync(join(root, name), join(dir, name));
  mkdirSync(join(dir, 'dist/native'), { recursive: true });
  if (shim !== undefined) {
    copyFileSync(shim, join(dir, 'dist/native/expshim'));
    chmodSync(join(dir, 'dist/native/expshim'), 0o755);
  }
  const made = new Set<Edit>();
  for (const [name, entry] of Object.entries(BUNDLES))
    await bundle(entry, join(dir, 'dist', `${name}.cjs`), edits, made);
  const missed = edits.find((edit) => !made.has(edit));
  if (missed !== undefined) throw new Error(`${missed.file} is in no bundle`);
  return {
    command: [process.execPath, join(dir, 'dist/expd.cjs')],
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function bundle(
  entry: string,
  outfile: string,
  edits: readonly Edit[],
  made: Set<Edit>,
): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
    external: ['better-sqlite3', 'koffi'],
    define: { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
    plugins: [
      {
        name: 'edits',
        setup({ onLoad }) {
          onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
            const mine = edits.filter(({ file }) => path === join(root, file));
            for (const edit of mine) made.add(edit);
            return { contents: mine.reduce(apply, readFileSync(path, 'utf8')), loader: 'ts' };
          });
        },
      },
    ],
  });
}

function apply(text: string, { file, from, to }: Edit): string {
  const places = text.split(from).length - 1;
  if (places !== 1) throw new Error(`${file} holds ${JSON.stringify(from)} ${places} times`);
  return text.replace(from, () => to);
}

/** The supervisor with its claim's name before its liveness, compiled here. */
export function seededShim(): string {
  execFileSync('make', ['-s', '-C', join(root, 'native'), 'seeded']);
  return join(root, 'native/build/expshim-seeded');
}

export const SHIM = join(root, `native/prebuilt/expshim-linux-${process.arch}`);

/**
 * A supervisor whose every shim is slowed down between its steps by strace; `inject` is strace(1)'s. Without
 * --seccomp-bpf: what it traces goes on undisturbed when strace is killed (`release`).
 */
export function slowShim(directory: string, inject: readonly string[], shim = SHIM): SlowShim {
  const traced = inject.map((one) => `-e inject=${one}`).join(' ');
  const calls = inject.map((one) => one.split(':', 1)[0]).join(',');
  const [file, program, trace] = ['', '.program', '.trace'].map((end) => join(directory, `slow-shim${end}`));
  copyFileSync(shim, program!);
  // The package's program is installed by its bytes, so this stands for it: alone the launcher and its shims are slow.
  writeFileSync(
    file!,
    `#!/bin/sh
[ "$1" = launcher ] || exec '${program}' "$@"
exec strace -D -f -qq -o '${trace}' -e trace=${calls} ${traced} '${program}' "$@"
`,
    { mode: 0o755 },
  );
  return {
    file: file!,
    release() {
      signalAll(processesNaming(trace!));
    },
    over: () => processesNaming(program!).length === 0,
  };
}

interface SlowShim {
  file: string;
  /** From now on the shims that are there are as fast as others. */
  release(): void;
  /** Whether none of them is left. */
  over(): boolean;
}

const processesNaming = (word: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && wordsOf(name).includes(word))
    .map(Number);

function wordsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** A daemon whose database is written slowly: between its answers and its disk there is time to die. */
export function slowDisk(
  command: readonly string[],
  inject: readonly string[] = ['pwrite64:delay_enter=2000', 'fsync:delay_enter=10000'],
): string[] {
  const calls = inject.map((one) => one.split(':', 1)[0]).join(',');
  const injected = inject.flatMap((one) => ['-e', `inject=${one}`]);
  const traced = ['-D', '-f', '-qq', '-o', '/dev/null', '--seccomp-bpf', '-e', `trace=${calls}`, ...injected];
  return ['strace', ...traced, ...command];
}
