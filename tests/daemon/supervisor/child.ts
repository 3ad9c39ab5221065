import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Fact } from '../../../src/daemon/supervisor/executor.js';
import { shimCandidates } from '../../../src/daemon/supervisor/shim.js';
import type { ChildCommand, ChildOptions } from './daemon-child.js';
import { ROOT, type World } from './world.js';

interface Answer {
  fact?: Fact;
  /** Unix ms with fractions, of the fact. */
  at?: number;
  ready?: number;
  prepared?: { runDir: string; log: string };
  launched?: string;
  blockedMs?: number;
  hoarded?: number;
  released?: boolean;
  grown?: number;
  warning?: Record<string, unknown>;
}

/** A daemon's executor in its own process; see daemon-child.ts. Facts go to the world. */
export class DaemonChild {
  readonly answers: Answer[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(
    private readonly process: ChildProcess,
    world: World,
  ) {
    createInterface({ input: process.stdout! }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.answers.push(answer);
      if (answer.fact) world.heard(answer.fact);
      for (const wake of this.#waiting) wake();
    });
  }

  /** `limits`: a shell's `ulimit` arguments. */
  static async start(world: World, limits = ''): Promise<DaemonChild> {
    const outfile = join(world.root, 'daemon-child.mjs');
    buildSync({
      entryPoints: [resolve('tests/daemon/supervisor/daemon-child.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      outfile,
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const options: ChildOptions = {
      state: world.state,
      shims: shimCandidates(ROOT),
      layouts: resolve('conf'),
    };
    const script = limits === '' ? 'exec "$@"' : `ulimit ${limits}; exec "$@"`;
    const child = spawn('/bin/sh', ['-c', script, 'sh', process.execPath, outfile, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const daemon = new DaemonChild(child, world);
    onTestFinished(() => daemon.kill());
    await daemon.answer('ready');
    return daemon;
  }

  send(command: ChildCommand): void {
    this.process.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** The next answer of this kind; it is taken. */
  async answer<K extends keyof Answer>(kind: K): Promise<NonNullable<Answer[K]>> {
    for (;;) {
      const at = this.answers.findIndex((answer) => answer[kind] !== undefined);
      if (at >= 0) return this.answers.splice(at, 1)[0]![kind] as NonNullable<Answer[K]>;
      await new Promise<void>((wake) => {
        const once = (): void => {
          this.#waiting.delete(once);
          wake();
        };
        this.#waiting.add(once);
      });
    }
  }

  /** kill -9, as nobody announces it. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const over = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await over;
  }
}
