import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { until } from '../../helpers/until.js';

/** Both ways in which TensorBoard reads a log directory. */
export const LOADERS = ['python', 'data server'] as const;
export type Loader = (typeof LOADERS)[number];

const SERIES = ['scalars', 'images', 'histograms', 'text'];

/** What a page of TensorBoard shows of a series. */
export type Points = [step: number, value: number][];

/** A real TensorBoard over a log directory, asked as its pages ask. */
export class Board {
  private constructor(
    readonly loader: Loader,
    readonly process: ChildProcess,
    readonly url: string,
  ) {}

  /** `scratch`: for what it leaves beside the log directory. */
  static async open(python: string, logdir: string, scratch: string, loader: Loader): Promise<Board> {
    const flags = [
      ['--logdir', logdir],
      ['--host', '127.0.0.1'],
      ['--port', '0'],
      ['--load_fast', loader === 'data server' ? 'true' : 'false'],
      ['--reload_interval', '1'],
      // Everything, not a sample of it.
      ['--samples_per_plugin', SERIES.map((plugin) => `${plugin}=100000`).join()],
    ].flat();
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(python, ['-m', 'tensorboard.main', ...flags], {
      env: { ...env, TMPDIR: scratch },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const url = await until(
      'TensorBoard says where it is',
      () => {
        if (child.exitCode !== null) throw new Error(`TensorBoard ended: ${said}`);
        return / at (http:\/\/\S+?)\/? /.exec(said)?.[1];
      },
      60_000,
    );
    return new Board(loader, child, url);
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
  }

  /** JSON of one of its pages; null where it has no such run or tag (yet). */
  async ask(page: string, query: Readonly<Record<string, string>> = {}, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/data/${page}?${new URLSearchParams(query)}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return response.ok ? await response.json() : null;
  }

  async scalars(run: string, tag: string): Promise<Points> {
    const rows = (await this.ask('plugin/scalars/scalars', { run, tag })) as
      | [number, number, number][]
      | null;
    return (rows ?? []).map(([, step, value]) => [step, value]);
  }

  async imageSteps(run: string, tag: string): Promise<number[]> {
    const rows = (await this.ask('plugin/images/images', { run, tag, sample: '0' })) as
      | { step: number }[]
      | null;
    return (rows ?? []).map(({ step }) => step);
  }

  /** Waits until an answer is as expected; fails with the difference where it does not become so. */
  async shows(ask: (board: Board) => Promise<unknown>, expected: unknown, limitMs = 20_000): Promise<void> {
    let last: unknown;
    const matches = async (): Promise<boolean> => {
      last = await ask(this);
      return isDeepStrictEqual(last, expected) || (await pause(100, false));
    };
    await until('TensorBoard shows what is expected', matches, limitMs).catch(() => {});
    expect(last, `with the ${this.loader} loader`).toEqual(expected);
  }
}
