import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One of the two digit trainers, as an argv to which knobs are appended. */
export interface Trainer {
  name: string;
  command: string[];
}

const digits = join(import.meta.dirname, '../../examples/digits');

/** The interpreter itself: what the PATH holds may be a shell script that picks one. */
const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });

export const node: Trainer = { name: 'train.mjs', command: [process.execPath, join(digits, 'train.mjs')] };
export const python3: Trainer = {
  name: 'train.py',
  command: [python.stdout?.trim() || 'python3', join(digits, 'train.py')],
};
export const pythonIsMissing = python.status !== 0;
export const straceIsMissing = spawnSync('strace', ['-V']).status !== 0;

/** The places of one attempt, as its environment names them. */
export interface Attempt {
  dir: string;
  checkpoints: string;
  metrics: string;
  weights: string;
}

export function attemptUnder(root: string): Attempt {
  const dir = mkdtempSync(join(root, 'attempt-'));
  mkdirSync(join(dir, 'checkpoints'));
  mkdirSync(join(dir, 'metrics'));
  return {
    dir,
    checkpoints: join(dir, 'checkpoints'),
    metrics: join(dir, 'metrics', 'metrics.jsonl'),
    weights: join(dir, 'artifacts', 'weights.bin'),
  };
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  lines: string[];
  stderr: string;
}

export interface Circumstances {
  resumeFrom?: string | undefined;
  /** Words before the command, such as strace and its options. */
  under?: string[];
  /** Called for each line of stdout, with its number from 1; what it returns is sent as a signal. */
  onLine?: (n: number) => NodeJS.Signals | undefined;
}

/** Runs a trainer under the run contract until it ends. */
export function train(
  trainer: Trainer,
  attempt: Attempt,
  knobs: string[],
  { resumeFrom, under = [], onLine }: Circumstances = {},
): Promise<Ending> {
  const [program = '', ...args] = [...under, ...trainer.command, ...knobs];
  const child = spawn(program, args, {
    cwd: attempt.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      EXPD_RUN_DIR: attempt.dir,
      EXPD_CHECKPOINT_DIR: attempt.checkpoints,
      EXPD_METRICS: attempt.metrics,
      EXPD_SEED: '7',
      ...(resumeFrom && { EXPD_RESUME_FROM: resumeFrom }),
    },
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    const signal = onLine?.(lines.length);
    if (signal) child.kill(signal);
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, lines, stderr }));
  });
}

/** Complete lines only: a killed process may leave half of one. */
export function metricsOf(attempt: Attempt): Record<string, unknown>[] {
  const text = readFileSync(attempt.metrics, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
