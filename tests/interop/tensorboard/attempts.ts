import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import type { Points } from './board.js';

/** Steps [from, to] of one execution of a training script, the nth of a run. */
export interface Attempt {
  number: number;
  from: number;
  to: number;
  end: 'finish' | 'kill';
}

export const SCRIPT_WRITERS = [
  'tensorboardX',
  'tensorboardX+purge_step',
  'pytorch',
  'pytorch+purge_step',
  'tensors',
] as const;
export type TrainingWriter = 'expd' | (typeof SCRIPT_WRITERS)[number];

/** Runs a training script to its end, which may be SIGKILL. */
export async function train(
  python: string,
  writer: TrainingWriter,
  directory: string,
  { number, from, to, end }: Attempt,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const argv =
    writer === 'expd'
      ? [process.execPath, join(import.meta.dirname, 'trainer.mjs')]
      : [python, join(import.meta.dirname, 'trainer.py'), writer];
  const child = spawn(argv[0]!, [...argv.slice(1), directory, `${number}`, `${from}`, `${to}`, end], {
    cwd: resolve(import.meta.dirname, '../../..'),
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const [code, signal] = await once(child, 'close');
  if (end === 'kill' ? signal !== 'SIGKILL' : code !== 0)
    throw new Error(`${argv.join(' ')}: ${code ?? signal} ${complaint}`);
}

/** When the training scripts log under which tag. */
const LOGGED: Readonly<Record<string, (step: number, attempt: number) => boolean>> = {
  loss: () => true,
  val: (step) => step % 50 === 0,
  rare: (step) => step % 100 === 7,
  gone: (step, attempt) => step === 240 && attempt === 1,
};
export const SCALARS = Object.keys(LOGGED);

/** One curve: of each step what the last attempt that came there logged, nothing of what an attempt went back behind. */
export function curve(attempts: readonly Attempt[], tag: string): Points {
  let points: Points = [];
  for (const { number, from, to } of attempts) {
    points = points.filter(([step]) => step < from);
    for (let step = from; step <= to; step++)
      if (LOGGED[tag]!(step, number)) points.push([step, number * 1000 + step]);
  }
  return points;
}

export const imageSteps = (attempts: readonly Attempt[]): number[] =>
  Array.from({ length: attempts.at(-1)!.to + 1 }, (_, step) => step).filter((step) => step % 60 === 0);
