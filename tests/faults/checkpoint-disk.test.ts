import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { Home } from '../helpers/home.js';
import { fill, ROOT, smallDisk } from '../helpers/machine.js';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';

const mounts = skipUnless(ROOT, 'mounting needs root');
const trainer = resolve(import.meta.dirname, '../../examples/digits/train.mjs');

let home: Home;
let disk: ReturnType<typeof smallDisk>;
beforeEach(() => {
  home = new Home();
  mkdirSync(join(home.project, 'outputs'));
  disk = smallDisk(join(home.project, 'outputs'), '2m');
});
afterEach(async () => {
  await home.stop('SIGKILL');
  disk.release();
  await home.close();
});

mounts(
  'a disk that is full during a save: the run is told and fails, the checkpoint before it is intact and resumed',
  async () => {
    await home.start();
    const knobs = ['--hidden', '32', '--steps', '4000', '--checkpoint-every', '20', '--log-every', '20'];
    const id = await home.submit([process.execPath, trainer, ...knobs, '--batch-size', '64']);
    const { runDir } = await until('it has begun', async () => {
      const run = await home.run(id);
      return run.runDir !== '' && existsSync(join(run.runDir, 'checkpoints/step-00000040')) ? run : undefined;
    });
    const free = fill(join(home.project, 'outputs'));
    expect((await home.untilState(id, 'failed')).reason?.text).toBe('exit 1');
    const saved = readdirSync(join(runDir, 'checkpoints')).filter((name) => name.startsWith('step-'));
    free();
    await home.ok('retry', String(id));
    await until('it goes on', async () => (await home.run(id)).attempt === 2, 30_000);
    const shown = JSON.parse(await home.ok('show', String(id), '--json'));
    expect(shown.attempts[1].resumedFrom).toBe(join(runDir, 'checkpoints', saved.sort().at(-1)!));
    await home.expctl(['cancel', String(id)]); // the small disk may be full of its checkpoints already
  },
  120_000,
);
