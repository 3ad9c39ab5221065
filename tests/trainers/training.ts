import { join, resolve } from 'node:path';
import { type Attempt, type Ending, metricsOf, type Trainer } from '../examples/trainers.js';

export const EXPD_TRAIN = resolve(import.meta.dirname, '../../dist/bin/expd-train.cjs');

/** A built-in trainer as the built program runs it, small enough for a test: on wasm, in a second. */
export const builtIn = (name: string, ...knobs: string[]): Trainer => ({
  name: [name, ...knobs].join(' '),
  command: [process.execPath, EXPD_TRAIN, name, 'engine=wasm', 'hidden=8', 'batch_size=8', ...knobs],
});

/** What the last line of a complete training says of all its weights, averages and moments. */
export function weightsHash({ code, stderr, lines }: Ending): string {
  const hash = lines.at(-1)?.match(/^weights sha256 ([0-9a-f]{64}) /)?.[1];
  if (code !== 0 || hash === undefined) throw new Error(`ended with ${code}: ${stderr}\n${lines.join('\n')}`);
  return hash;
}

/** The metrics of all attempts by step and name, the later attempt's word over the earlier's. */
export function curve(attempts: Attempt[]): Record<string, unknown> {
  return Object.fromEntries(
    attempts
      .flatMap(metricsOf)
      .flatMap(({ step, ...values }) =>
        Object.entries(values).map(([name, value]) => [`${step} ${name}`, value]),
      ),
  );
}

export const artifact = (attempt: Attempt): string => join(attempt.dir, 'artifacts/model.safetensors');
