import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Channel, type Method } from '../src/client/transport.js';
import { DaemonService } from '../src/gen/expd/v1/daemon.js';
import { launch, output, residentMb, type Surroundings } from './process.js';
import { copied, type World } from './world.js';

const DEADLINE_MS = 60_000;

/** A private daemon with a home of its own, and what one asks of it. */
export class Expd {
  readonly home: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #under: readonly string[];
  #child: ChildProcess | null = null;
  #channel: Channel | null = null;

  /** `name` makes a new home or takes that name's again. `under`: a program that becomes the daemon, and its words. */
  constructor(
    readonly world: World,
    name: string,
    {
      env = {},
      history,
      under = [],
    }: { env?: Readonly<Record<string, string>>; history?: string; under?: readonly string[] } = {},
  ) {
    this.home = join(world.dir, `home-${name}`);
    this.#under = under;
    this.#env = { EXPD_HOME: this.home, EXPD_LOW_WATER: '0', EXPD_SLOTS: '1', ...env };
    if (existsSync(this.home)) return;
    for (const dir of [this.home, join(this.home, 'state')]) mkdirSync(dir, { mode: 0o700 });
    if (history !== undefined) copied(history, join(this.home, 'state'));
  }

  /** For clients in the project. */
  get surroundings(): Surroundings {
    return { cwd: this.world.cwd, env: { ...this.world.env, EXPD_HOME: this.home } };
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the daemon does not run');
    return pid;
  }

  get residentMb(): number {
    return residentMb(this.pid);
  }

  /** Milliseconds from before its start until it answered a call. */
  async start(): Promise<number> {
    const { world } = this;
    const begin = performance.now();
    const child = launch([...this.#under, process.execPath, world.expd], {
      cwd: '/',
      env: { PATH: world.env.PATH, HOME: world.dir, TMPDIR: world.env.TMPDIR, LANG: 'C.UTF-8', ...this.#env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`expd ended with ${code} before it was ready`);
    });
    // `ready` is its first and only line.
    await Promise.race([once(child.stdout!, 'data'), ended]);
    ended.catch(() => {});
    child.stdout?.resume();
    await this.call(DaemonService.info, {});
    return performance.now() - begin;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#channel?.close();
    this.#channel = null;
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async channel(): Promise<Channel> {
    if (this.#channel !== null) return this.#channel;
    const socket = connect(join(this.home, 'run/expd.sock'));
    await once(socket, 'connect');
    this.#channel = new Channel(socket);
    return this.#channel;
  }

  async call<Ask, Answer>(method: Method<Ask, Answer>, ...asks: Ask[]): Promise<Answer> {
    return (await this.channel()).call(method, asks, DEADLINE_MS);
  }

  argv(...words: string[]): string[] {
    return [process.execPath, this.world.expctl, ...words];
  }

  expctl(words: string[], input?: string): Promise<string> {
    return output(this.argv(...words), { ...this.surroundings, ...(input !== undefined && { input }) });
  }

  /** The id of a new run. */
  async submit(command: string[], flags: string[] = []): Promise<number> {
    return Number(await this.expctl(['submit', '-q', ...flags, '--', ...command]));
  }

  /** `submit -`: each command a run; ids in order. */
  async submitMany(commands: readonly string[][], flags: string[] = []): Promise<number[]> {
    const lines = commands.map((argv) => `${JSON.stringify({ argv })}\n`).join('');
    const ids = await this.expctl(['submit', '-q', ...flags, '-'], lines);
    return ids.trim().split('\n').map(Number);
  }

  /** All slots are taken until it is cancelled. */
  async block(): Promise<number> {
    const id = await this.submit(['sleep', '100000'], ['--grace', '1s']);
    return id;
  }
}
