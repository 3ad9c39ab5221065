import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CurveReader } from '../../src/daemon/tracking/curve-reader.js';
import { CurveSet } from '../../src/daemon/tracking/points.js';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// What runs log, through the built programs.

let home: Home;
beforeEach(async () => {
  home = new Home();
  await home.start();
});
afterEach(() => home.close());

type Points = [step: number, value: number][];

const curvesOf = (experiment: string): string => join(home.project, 'outputs/tensorboard', experiment);

/** Steps and values in an experiment's event files. */
function curve(experiment: string, key: string): Points {
  const set = new CurveSet();
  const reading = new CurveReader(curvesOf(experiment)).read(set);
  while (!reading.next().done);
  const points = set.curves.get(key);
  return points === undefined
    ? []
    : Array.from({ length: points.length }, (_, n) => [points.steps[n]!, points.values[n]!]);
}

const show = async (id: number) => JSON.parse(await home.ok('show', String(id), '--json'));
const wait = async (id: number): Promise<number | null> => (await home.expctl(['wait', String(id)])).code;

/** A shell script that waits for a file between two things that it does. */
const WAIT = 'until [ -e "$1" ]; do sleep 0.02; done';

test('lines are on disk while the run goes on; show has last, best and what was of no use', async () => {
  const go = join(home.dir, 'go');
  const script = home.script(
    'train.sh',
    `#!/bin/sh
for step in 1 2 3; do echo "{\\"step\\":$step,\\"loss\\":0.$step,\\"total_steps\\":100}" >> "$EXPD_METRICS"; done
echo nonsense >> "$EXPD_METRICS"
${WAIT}
echo '{"step":4,"loss":0.05}' >> "$EXPD_METRICS"
`,
  );
  const id = await home.submit([script, go]);
  await until('the first lines are taken', () => curve(`train-${id}`, 'loss').length === 3);
  const live = await until('show tells', async () => {
    const shown = await show(id);
    return shown.progress?.step === 3 && shown.progress.badLines === 1 ? shown : undefined;
  });
  expect(live.progress).toMatchObject({ totalSteps: 100, badLine: 'nonsense', badLineWhy: 'it is not JSON' });
  appendFileSync(go, '');
  expect(await wait(id)).toBe(0);
  const over = await until('the last line is known', async () => {
    const shown = await show(id);
    return shown.metrics[0]?.step === 4 ? shown : undefined;
  });
  expect(over.metrics).toMatchObject([
    {
      key: 'loss',
      step: 4,
      value: 0.05,
      points: 4,
      lowest: { step: 4, value: 0.05 },
      highest: { step: 3, value: 0.3 },
    },
  ]);
  expect(curve(`train-${id}`, 'loss')).toHaveLength(4);
  expect(await home.ok('show', String(id))).toContain('loss');
});

test('a run that logs nothing leaves no curve', async () => {
  const id = await home.submit(['true']);
  expect(await wait(id)).toBe(0);
  await home.stop();
  expect(existsSync(curvesOf(`true-${id}`))).toBe(false);
});

test('daemons killed again and again: no point is lost and none doubled', async () => {
  const count = 3000;
  const script = home.script(
    'train.mjs',
    `import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
for (let step = 0; step < ${count}; step++) {
  appendFileSync(process.env.EXPD_METRICS, JSON.stringify({ step, loss: step }) + '\\n');
  if (step % 10 === 0) await pause(10);
}
`,
  );
  const id = await home.submit([process.execPath, script]);
  for (let kills = 0; kills < 6; kills++) {
    const before = curve(`train-${id}`, 'loss').length;
    await until(
      'more was taken',
      () => curve(`train-${id}`, 'loss').length > before + 50 || before === count,
    );
    await home.stop('SIGKILL');
    await home.start();
  }
  expect(await wait(id)).toBe(0);
  const all = Array.from({ length: count }, (_, step) => [step, step]);
  await until('all points are there', () => curve(`train-${id}`, 'loss').length >= count);
  expect(curve(`train-${id}`, 'loss')).toEqual(all);
  expect(readdirSync(curvesOf(`train-${id}`)).length).toBeGreaterThan(1);
}, 120_000);

test('interrupted and resumed: one curve', async () => {
  const script = home.script(
    'train.sh',
    `#!/bin/sh
log() { echo "{\\"step\\":$1,\\"loss\\":$2}" >> "$EXPD_METRICS"; }
if [ -n "$EXPD_RESUME_STEP" ]; then
  for step in 6 7 8; do log $step 2; done
  exit 0
fi
for step in 1 2 3 4 5 6 7 8 9; do log $step 1; done
dir=$EXPD_CHECKPOINT_DIR/step-00000005; mkdir "$dir"; printf x > "$dir/w"
printf '{"v":1,"step":5,"files":{"w":{"size":1,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}}' > "$dir/MANIFEST.json"
exit 75
`,
  );
  for (const layout of ['hybrid', 'flat']) {
    const id = await home.submit([script], ['--layout', layout]);
    expect(await wait(id)).toBe(0);
    const expected = [1, 2, 3, 4, 5].map((step) => [step, 1]).concat([6, 7, 8].map((step) => [step, 2]));
    await until('the curve is complete', () => curve(`train-${id}`, 'loss').length === expected.length);
    expect(curve(`train-${id}`, 'loss')).toEqual(expected);
  }
});

test('another run goes on with the curves of a script that wrote files from the future: they are dated back', async () => {
  const script = home.script('own.sh', '#!/bin/sh\nmkdir -p "$EXPD_TB_DIR"\n: > "$EXPD_TB_DIR/$1"\n');
  const submit = (name: string, ...flags: string[]) =>
    home.submit([script, name], ['--experiment-id', 'own', ...flags]);
  const ahead = 'events.out.tfevents.9999999999.host.1.0';
  expect(await wait(await submit(ahead))).toBe(0);
  const second = await submit('events.out.tfevents.1700000000.host.2.0', '--continue');
  expect(await wait(second)).toBe(0);
  expect(readdirSync(curvesOf('own'))).not.toContain(ahead);
  expect(await home.ok('logs', String(second))).toMatch('1 event files from the future');
});

test('a run that floods its file, another one a line without end: others are taken meanwhile', async () => {
  const go = join(home.dir, 'go');
  // No more than that, whatever becomes of this test.
  const flood = home.script(
    'flood.sh',
    `#!/bin/sh\nfor n in 1 2 3; do yes '{"step":1,"loss":1}' | head -c 5000000 >> "$EXPD_METRICS"; done\n${WAIT}\n`,
  );
  const endless = home.script(
    'endless.sh',
    `#!/bin/sh\nhead -c 20000000 /dev/zero | tr '\\0' x >> "$EXPD_METRICS"\n${WAIT}\n`,
  );
  const small = home.script('small.sh', '#!/bin/sh\necho \'{"step":1,"loss":1}\' >> "$EXPD_METRICS"\n');
  await home.stop();
  await home.start(['--slots', '3']);
  const floods = [await home.submit([flood, go]), await home.submit([endless, go])];
  const id = await home.submit([small]);
  expect(await wait(id)).toBe(0);
  await until('its point is there', () => curve(`small-${id}`, 'loss').length === 1);
  await until(
    'the flood is taken',
    async () => (await show(floods[0]!)).metrics[0]?.points === 750_000,
    60_000,
  );
  appendFileSync(go, '');
  for (const one of floods) expect(await wait(one)).toBe(0);
  expect(existsSync(curvesOf(`endless-${floods[1]}`))).toBe(false);
}, 120_000);
