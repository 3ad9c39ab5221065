import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { isEnd } from '../../src/daemon/tracking/curve-files.js';
import { CurveReader } from '../../src/daemon/tracking/curve-reader.js';
import { CurveSet } from '../../src/daemon/tracking/points.js';
import { Home } from '../helpers/home.js';
import { fill, ROOT, smallDisk } from '../helpers/machine.js';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';

const mounts = skipUnless(ROOT, 'mounting needs root');

/** Logged after the disk has become full, before the run ends: more than the last page of the event file takes. */
const LAST = 2000;

/** A home whose curves lie on a small disk of their own. */
function stage(): { home: Home; curves: string } {
  const home = new Home();
  const curves = join(home.project, 'outputs/tensorboard');
  mkdirSync(curves, { recursive: true });
  const disk = smallDisk(curves, '1m');
  onTestFinished(async () => {
    await home.stop('SIGKILL');
    disk.release();
    await home.close();
  });
  return { home, curves };
}

function steps(root: string): number[] {
  const set = new CurveSet();
  const reading = new CurveReader(root).read(set);
  while (!reading.next().done);
  const points = set.curves.get('loss');
  return points === undefined ? [] : [...points.steps.subarray(0, points.length)];
}
const ends = (root: string): number => readdirSync(root).filter(isEnd).length;

/** A run with an override that logs, ends on a full disk, and what then frees that. */
async function endFull(home: Home, curves: string): Promise<{ id: string; root: string; free: () => void }> {
  const go = join(home.dir, 'go');
  const train = home.script(
    'train.mjs',
    `import { appendFileSync, existsSync } from 'node:fs';
const log = (step) => appendFileSync(process.env.EXPD_METRICS, JSON.stringify({ step, loss: step }) + '\\n');
for (let step = 1; step <= 3; step++) log(step);
while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 20));
for (let step = 4; step <= ${LAST}; step++) log(step);
`,
  );
  mkdirSync(join(home.project, 'conf'));
  const command = JSON.stringify([process.execPath, train]);
  writeFileSync(join(home.project, 'conf/full.yaml'), `lr: 0\nexpd:\n  command: ${command}\n`);
  const id = (await home.ok('submit', '-q', '-cn', 'full', '--experiment-id', 'full', 'lr=1')).trim();
  const root = join(curves, 'full');
  await until('it logs', () => existsSync(root) && steps(root).length === 3);
  const free = fill(curves);
  writeFileSync(go, '');
  expect((await home.expctl(['wait', id])).code).toBe(0);
  await until('it is said', async () =>
    /cannot be written.*ENOSPC/.test((await shown(home, id)).problem ?? ''),
  );
  expect(steps(root).length).toBeLessThan(LAST);
  return { id, root, free };
}

const shown = async (home: Home, id: string): Promise<{ problem: string | null; step: number | null }> =>
  JSON.parse(await home.ok('show', id, '--json')).progress;

async function expectAll(home: Home, id: string, root: string): Promise<void> {
  await until('all is taken', () => steps(root).length === LAST && ends(root) === 1, 20_000);
  expect(steps(root)).toEqual(Array.from({ length: LAST }, (_, n) => n + 1));
  await until('nothing is said any more', async () => {
    const { problem, step } = await shown(home, id);
    return problem === null && step === LAST;
  });
  await until('the attempt is settled', () => readdirSync(join(home.state, 'attempts')).length === 0);
}

mounts('what a run logged before it ended on a full disk is taken when there is room', async () => {
  const { home, curves } = stage();
  await home.start();
  const { id, root, free } = await endFull(home, curves);
  free();
  await expectAll(home, id, root);
});

mounts('and by the next daemon, where this one is killed before', async () => {
  const { home, curves } = stage();
  await home.start();
  const { id, root, free } = await endFull(home, curves);
  await home.stop('SIGKILL');
  free();
  await home.start();
  await expectAll(home, id, root);
});

mounts('a run that is retried while the disk is full does not wait for it', async () => {
  const { home, curves } = stage();
  await home.start();
  const { id, root, free } = await endFull(home, curves);
  await home.ok('resume', id);
  expect((await home.expctl(['wait', id])).code).toBe(0);
  free();
  await expectAll(home, id, root);
});
