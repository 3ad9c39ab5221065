import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/install.js';
import { output, type Surroundings } from './process.js';
import type { World } from './world.js';

/** A task-spooler server of its own: one that was told to end still answers, or not, for a while. */
export interface Spooler extends Surroundings {
  close(): Promise<void>;
}

export function spooler(world: World): Spooler {
  const env = { ...world.env, TS_SOCKET: join(world.dir, `tsp-${randomBytes(4).toString('hex')}`) };
  const { cwd } = world;
  return { cwd, env, close: async () => void (await output(['tsp', '-K'], { cwd, env })) };
}

/** A queue of nq, which is a directory. */
export function nqQueue(world: World): Surroundings {
  const queue = join(world.dir, `nq-${randomBytes(4).toString('hex')}`);
  mkdirSync(queue);
  return { cwd: world.cwd, env: { ...world.env, NQDIR: queue } };
}

/** A Python with what people train with (scripts/interop-python.sh); made where it is missing. */
export const pythonWith = (set: string): string =>
  execFileSync('bash', [join(PACKAGE_ROOT, 'scripts/interop-python.sh'), set], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  }).trim();
