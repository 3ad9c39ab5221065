import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.js';

const root = resolve(import.meta.dirname, '..', '..');
const BUILT = { expd: join(root, 'dist/bin/expd.cjs'), expctl: join(root, 'dist/bin/expctl.cjs') };

export interface Output {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A private expd: its own EXPD_HOME and project under the temporary directory, the real binaries. */
export class Home {
  readonly dir = mkdtempSync(join(tmpdir(), 'expd-home-'));
  readonly project = join(this.dir, 'project');
  readonly state = join(this.dir, 'home/state');
  readonly socket = join(this.dir, 'home/run/expd.sock');
  daemon: ChildProcess | null = null;
  /** What to start as the daemon, with its words: may be changed to start it under strace or in a namespace. */
  command: readonly string[];
  readonly #children = new Set<ChildProcess>();

  constructor(
    /** Variables for daemon and client, on top of a small clean environment. */
    readonly extra: Readonly<Record<string, string>> = {},
    /** Another Node for both. */
    readonly node: string = process.execPath,
    /** Another build. */
    readonly programs: Readonly<typeof BUILT> = BUILT,
  ) {
    this.command = [node, programs.expd];
    mkdirSync(this.project);
    mkdirSync(join(this.dir, 'tmp'));
  }

  get env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: this.dir,
      LANG: 'C.UTF-8',
      TMPDIR: join(this.dir, 'tmp'),
      EXPD_HOME: join(this.dir, 'home'),
      EXPD_NO_START: '1',
      EXPD_LOW_WATER: '0',
      ...this.extra,
    };
  }

  /** Starts the daemon in the foreground and waits until it says that it is ready. */
  async start(flags: string[] = [], env: Record<string, string> = {}): Promise<number> {
    const [program, ...words] = [...this.command, ...flags];
    const daemon = spawn(program!, words, {
      cwd: '/',
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.daemon = daemon;
    let complaint = '';
    daemon.stderr!.on('data', (chunk: Buffer) => {
      complaint += chunk;
    });
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: daemon.stdout! }).on('line', (line) => {
        if (line.includes('ready')) resolve();
      });
    });
    await Promise.race([
      ready,
      once(daemon, 'exit').then(([code, signal]) => {
        throw new Error(`expd ended before it was ready (${code ?? signal}): ${complaint}`);
      }),
    ]);
    return daemon.pid!;
  }

  /** Ends the daemon and waits for it; its runs go on. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { daemon } = this;
    this.daemon = null;
    if (daemon === null || daemon.exitCode !== null || daemon.signalCode !== null)
      return daemon?.exitCode ?? null;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
    return daemon.exitCode;
  }

  spawnExpctl(
    args: string[],
    options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
  ): ChildProcess {
    const child = spawn(this.node, [this.programs.expctl, ...args], {
      cwd: options.cwd ?? this.project,
      env: { ...this.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    if (options.input !== undefined) child.stdin!.end(options.input);
    return child;
  }

  async expctl(args: string[], options: Parameters<Home['spawnExpctl']>[1] = {}): Promise<Output> {
    const child = this.spawnExpctl(args, options);
    const [stdout, stderr] = [collect(child.stdout!), collect(child.stderr!)];
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, stdout: await stdout, stderr: await stderr };
  }

  /** expctl that must succeed; its standard output. */
  async ok(...args: string[]): Promise<string> {
    const { code, signal, stdout, stderr } = await this.expctl(args);
    if (code !== 0) throw new Error(`expctl ${args.join(' ')}: ${code ?? signal}\n${stdout}${stderr}`);
    return stdout;
  }

  /** The id of a new run. */
  async submit(argv: string[], flags: string[] = []): Promise<number> {
    return Number((await this.ok('submit', '-q', ...flags, '--', ...argv)).trim());
  }

  /** `show --json`'s run. */
  async run(id: number): Promise<ShownRun> {
    return JSON.parse(await this.ok('show', String(id), '--json')).run;
  }

  async untilState(id: number, ...states: string[]): Promise<ShownRun> {
    const shown = async () => {
      const run = await this.run(id);
      return states.includes(run.state) ? run : undefined;
    };
    return until(`run ${id} is ${states.join(' or ')}`, shown, 30_000);
  }

  /** A script in the project; its path. */
  script(name: string, text: string): string {
    const path = join(this.project, name);
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  }

  /** Ends the daemon, whatever the runs left, and the directory. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.stop('SIGKILL');
    for (const pid of processesWith(`EXPD_HOME=${join(this.dir, 'home')}`)) kill(pid);
    for (const pid of processesWith(`HOME=${this.dir}`)) kill(pid);
    // Shims have no environment, and one that cannot write its record waits for ever.
    for (const pid of processesOf(join(this.state, 'bin/'))) kill(pid);
    await until('all processes of the test are gone', () => processesWith(`HOME=${this.dir}`).length === 0);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface ShownRun {
  id: number;
  ulid: string;
  name: string;
  state: string;
  attempt: number;
  exitCode?: number;
  signal: string;
  runDir: string;
  reason?: { code: string; text: string };
}

/** Living processes of ours with this entry in their environment. */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(entry) && !isZombie(pid));
}

/** Living processes whose program was started by a path that begins so. */
const processesOf = (path: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => read(`/proc/${pid}/cmdline`).startsWith(path));

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

const environmentOf = (pid: number): string[] => read(`/proc/${pid}/environ`).split('\0');

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // Already gone.
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
