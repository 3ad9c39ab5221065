import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToldLine } from '../../../src/daemon/metrics/metrics-line.js';
import { CurveReader } from '../../../src/daemon/tracking/curve-reader.js';
import { MetricsTail, type TrackedAttempt } from '../../../src/daemon/tracking/metrics-tail.js';
import { CurveSet } from '../../../src/daemon/tracking/points.js';

/** A run directory with a metrics file, and the experiment's directory that its curve goes to. */
export class TailWorld {
  readonly dir = mkdtempSync(join(tmpdir(), 'expd-tail-'));
  readonly root = join(this.dir, 'outputs/tensorboard/x');
  readonly metricsFile = join(this.dir, 'metrics/metrics.jsonl');
  readonly told: ToldLine[] = [];

  constructor() {
    mkdirSync(join(this.dir, 'metrics'));
  }

  append(...lines: (object | string)[]): void {
    appendFileSync(
      this.metricsFile,
      lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''),
    );
  }

  attempt(changes: Partial<TrackedAttempt> = {}): TrackedAttempt {
    return {
      attemptId: 'one',
      runId: 7,
      attempt: 1,
      metricsFile: this.metricsFile,
      from: 0,
      resumesAt: null,
      savedAt: null,
      plannedSteps: null,
      root: this.root,
      directoryMode: 0o755,
      fileMode: 0o644,
      hparams: null,
      ...changes,
    };
  }

  tail(changes: Partial<TrackedAttempt> = {}): MetricsTail {
    return new MetricsTail(this.attempt(changes), { told: (_, line) => this.told.push(line) });
  }

  /** What stands in the event files, key by key: step and value of each point. */
  curves(): Record<string, [step: number, value: number][]> {
    const set = new CurveSet();
    const reading = new CurveReader(this.root).read(set);
    while (!reading.next().done);
    return Object.fromEntries(
      [...set.curves].map(([key, { length, steps, values }]) => [
        key,
        Array.from({ length }, (_, n) => [steps[n]!, values[n]!]),
      ]),
    );
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Reads until nothing more is there. */
export function drain(tail: MetricsTail): MetricsTail {
  while (tail.turn().more);
  return tail;
}
