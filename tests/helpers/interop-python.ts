import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { skipUnless } from './skip.js';

const script = join(resolve(import.meta.dirname, '../..'), 'scripts/interop-python.sh');

/**
 * Programs of others to test against: `training` is TensorBoard, tensorboardX, Hydra; `tensorflow` a gigabyte; `grpc` its
 * Python clients; `stacks` what people train with.
 */
export type InteropSet = 'training' | 'tensorflow' | 'grpc' | 'stacks';

export interface InteropPython {
  /** The interpreter that has them; plain `python3` where they could not be installed. */
  python: string;
  /** `test`, or a test that is registered as skipped, with the reason. */
  test: ReturnType<typeof skipUnless>;
}

/** Makes the environment at the first use on a machine, which takes up to a minute. For the head of a test file. */
export function interopPython(set: InteropSet): InteropPython {
  const made = spawnSync('bash', [script, set], { encoding: 'utf8', timeout: 1_800_000 });
  const python = made.status === 0 ? made.stdout.trim() : null;
  if (python === null) process.stderr.write(`${made.stderr}${made.error ?? ''}\n`);
  return {
    python: python ?? 'python3',
    test: skipUnless(python !== null, 'needs python3 with venv, and a package index or its cache'),
  };
}
