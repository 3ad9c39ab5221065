import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { launch, output, pause, type Surroundings, until } from './process.js';
import type { World } from './world.js';

/** Another queue for one machine, installed for the benchmark and run in a home of its own. */
export interface Rival {
  name: string;
  at: Surroundings;
  /** The call that queues a command. `after`: it is not the first of a series that runs one by one. */
  add(command: readonly string[], after: boolean): string[];
  list: string[];
  close(): Promise<void>;
}

/** Where they are installed: never in the repository. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'expd-bench');
const inVenv = (name: string): string => join(cache, 'venv/bin', name);

/** Each by itself: one that cannot be installed or started here leaves the others. */
export const RIVALS: Readonly<Record<string, (world: World) => Promise<Rival>>> = {
  pueue: async (world) => {
    const bin = (name: string): string => join(cache, 'bin', name);
    if (!existsSync(bin('pueued'))) install('cargo', ['install', 'pueue', '--locked', '--root', cache]);
    const at = home(world, 'pueue');
    const daemon = await started([bin('pueued')], at, [bin('pueue'), 'status']);
    return {
      name: 'pueue',
      at,
      add: (command) => [bin('pueue'), 'add', '--', ...command],
      list: [bin('pueue'), 'status'],
      close: () => ended(daemon),
    };
  },
  gq: async (world) => {
    installPython('gq', 'gq-local');
    const at = home(world, 'gq');
    const daemon = await started([inVenv('gq'), 'daemon', 'run'], at, [inVenv('gq'), 'ps']);
    return {
      name: 'gq',
      at,
      add: (command) => [inVenv('gq'), 'run', '--', ...command],
      list: [inVenv('gq'), 'ps'],
      close: () => ended(daemon),
    };
  },
  gflow: async (world) => {
    installPython('gflowd', 'runqd');
    const at = home(world, 'gflow');
    const daemon = await started([inVenv('gflowd')], at, [inVenv('gqueue')]);
    return {
      name: 'gflow',
      at,
      // Without GPUs it runs everything at once: one by one is a chain of dependencies.
      add: (command, after) => [inVenv('gbatch'), ...(after ? ['-d', '@'] : []), command.join(' ')],
      list: [inVenv('gqueue')],
      close: () => ended(daemon),
    };
  },
};

function install(program: string, args: string[]): void {
  mkdirSync(cache, { recursive: true });
  process.stderr.write(`bench: installing into ${cache}: ${program} ${args.join(' ')}\n`);
  execFileSync(program, args, { stdio: ['ignore', 2, 2] });
}

function installPython(program: string, distribution: string): void {
  if (!existsSync(inVenv('pip'))) install('python3', ['-m', 'venv', join(cache, 'venv')]);
  if (!existsSync(inVenv(program))) install(inVenv('pip'), ['install', '--quiet', distribution]);
}

function home(world: World, name: string): Surroundings {
  const dir = join(world.dir, name);
  const at = (part: string): string => join(dir, part);
  for (const part of ['run', 'config', 'data', 'state'])
    mkdirSync(at(part), { recursive: true, mode: 0o700 });
  const env = {
    ...world.env,
    HOME: dir,
    XDG_RUNTIME_DIR: at('run'),
    XDG_CONFIG_HOME: at('config'),
    XDG_DATA_HOME: at('data'),
    XDG_STATE_HOME: at('state'),
  };
  return { cwd: world.cwd, env };
}

/** Resolves when it answers. */
async function started(argv: string[], at: Surroundings, ask: string[]): Promise<ChildProcess> {
  const daemon = launch(argv, { ...at, stdio: 'ignore' });
  let failed: Error | null = null;
  daemon.once('error', (error) => {
    failed = error;
  });
  const answers = (): Promise<boolean> =>
    output(ask, at).then(
      () => true,
      () => pause(100).then(() => false),
    );
  await until(`${argv[0]} answers`, async () => failed !== null || (await answers()), 15_000);
  if (failed !== null) throw failed;
  return daemon;
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const gone = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGKILL');
  await gone;
}
