import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// Looking at what two runs of an experiment have logged, and at one that goes on.

let home: Home;
beforeAll(async () => {
  home = new Home();
  await home.start(['--slots', '3']);
  const script = home.script(
    'train.mjs',
    `import { appendFileSync } from 'node:fs';
const { EXPD_METRICS, EXPD_SEED } = process.env;
for (let step = 0; step < 100; step++)
  appendFileSync(EXPD_METRICS, JSON.stringify({ step, 'train/loss': 100 - step, lr: 0.5, broken: 'nan' }) + '\\n');
`,
  );
  await home.submit([process.execPath, script], ['--name', 'a']);
  await home.submit([process.execPath, script], ['--name', 'b']);
  expect((await home.expctl(['wait', '1', '2'])).code).toBe(0);
  for (const id of ['1', '2'])
    await until('all is known', async () => {
      const { metrics } = JSON.parse(await home.ok('metrics', id, '--json'));
      return metrics.length === 3 && metrics[2].step === 99;
    });
});
afterAll(() => home.close());

test('metrics: how each stands, all points, a part of them', async () => {
  const { metrics } = JSON.parse(await home.ok('metrics', '1', '--json'));
  expect(metrics).toMatchObject([
    { key: 'broken', value: 'nan', lowest: null, points: 100 },
    { key: 'lr', value: 0.5 },
    {
      key: 'train/loss',
      step: 99,
      value: 1,
      lowest: { step: 99, value: 1 },
      highest: { step: 0, value: 100 },
    },
  ]);
  expect(await home.ok('metrics', '1')).toMatch(/^train\/loss +1 +99 +1 +99 +100 +0 +100/m);
  expect(await home.ok('metrics', '1', '--key', '*loss', '--key', 'lr', '--from-step', '98')).toBe(
    'step\tlr\ttrain/loss\n98\t0.5\t2\n99\t0.5\t1\n',
  );
  const thin = JSON.parse(await home.ok('metrics', '1', '--key', 'train/loss', '-n', '10', '--json'));
  expect(thin.metrics[0].points).toHaveLength(10);
  expect(thin.metrics[0].points[0].slice(0, 2)).toEqual([0, 100]);
  const none = await home.expctl(['metrics', '1', '--key', 'nothing']);
  expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('nothing was logged as nothing')]);
});

test.each([
  ['while it looks', false],
  ['while the daemon is away', true],
])(
  'metrics -f of a run that goes on, over a rewind %s, to its end',
  async (_, unseen) => {
    const go = join(home.dir, `go-${unseen}`);
    const script = home.script(
      'slow.sh',
      `#!/bin/sh
log() { echo "{\\"step\\":$1,\\"loss\\":$2}" >> "$EXPD_METRICS"; }
if [ "$EXPD_ATTEMPT" = 2 ]; then log 1 0.25; exit 0; fi
log 1 1; log 2 0.5
until [ -e ${go} ]; do sleep 0.02; done
exit 75
`,
    );
    const id = await home.submit([script]);
    const child = home.spawnExpctl(['metrics', '-f', '--json', String(id)]);
    const heard: { type: string; step: number; values?: object }[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => heard.push(JSON.parse(line)));
    await until('both are told', () => heard.length === 2);
    if (unseen) child.kill('SIGSTOP');
    await home.stop('SIGKILL');
    await home.start(['--slots', '3']);
    execFileSync('touch', [go]);
    if (unseen) {
      await home.expctl(['wait', String(id)]);
      child.kill('SIGCONT');
    }
    await until('it ends', () => child.exitCode !== null, 30_000);
    expect(child.exitCode).toBe(0);
    expect(heard.map(({ type, step, values }) => [type, step, values])).toEqual([
      ['point', 1, { loss: 1 }],
      ['point', 2, { loss: 0.5 }],
      ['rewind', 1, undefined],
      ['point', 1, { loss: 0.25 }],
    ]);
  },
  60_000,
);

test('plot: in the terminal, as images, of several runs', async () => {
  expect(await home.ok('plot', '1')).toMatch(/^train\/loss\n/);
  expect(await home.ok('plot', '1,2', '--key', 'train/loss')).toContain('━━ 2 b train/loss');
  const [svg, png] = [join(home.dir, 'a.svg'), join(home.dir, 'a.png')];
  await home.ok('plot', '1', '--svg', svg, '--png', png);
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg/);
  expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
  expect((await home.expctl(['plot', '1', '--smooth', '2'])).code).toBe(2);
  const script = home.script('nan.sh', '#!/bin/sh\necho \'{"step":1,"bad":NaN}\' >> "$EXPD_METRICS"\n');
  const nan = await home.submit([script]);
  await home.expctl(['wait', String(nan)]);
  expect((await home.expctl(['plot', String(nan), '--key', 'bad'])).stderr).toMatch(
    /bad of run \d+ has no finite value/,
  );
});

test('top and ls: how far it is, how fast, how long it will go on', async () => {
  const go = join(home.dir, 'go-top');
  const script = home.script(
    'paced.mjs',
    `import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
for (let step = 1; !existsSync(process.argv[2]); step++) {
  appendFileSync(process.env.EXPD_METRICS, JSON.stringify({ step, loss: 1 / step }) + '\\n');
  await pause(100);
}
`,
  );
  const id = await home.submit([process.execPath, script, go, '--max-steps', '1_000_000']);
  const shown = await until(
    'its pace is known',
    async () => {
      const { runs } = JSON.parse(await home.ok('top', '--json'));
      return runs.find((run: { id: number; progress: { remainingMs: number | null } | null }) =>
        run.id === id && run.progress?.remainingMs ? run : undefined,
      );
    },
    30_000,
  );
  expect(shown.progress).toMatchObject({ totalSteps: 1_000_000, headline: { key: 'loss' } });
  expect(shown.progress.stepsPerSecond).toBeGreaterThan(0.1);
  expect(await home.ok('top')).toMatch(/\d+\/1000000 0% .*loss 0\.\d+ .*\d+d\d\dh/);
  expect(await home.ok('ls')).toMatch(/LEFT/);
  execFileSync('touch', [go]);
  await home.untilState(id, 'succeeded');
}, 60_000);

test('archive: everything of an experiment in one file, once', async () => {
  await home.expctl(['archive', 'a-1'], { cwd: home.dir });
  const file = join(home.dir, 'a-1.tar.gz');
  const listed = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
  expect(listed).toMatch(/^outputs\/tensorboard\/a-1\/events\.out\.tfevents\./m);
  expect(listed).toMatch(/^outputs\/hydra\/.*\/metrics\/metrics\.jsonl$/m);
  expect(listed).not.toContain('b-2');
  const again = await home.expctl(['archive', '1'], { cwd: home.dir });
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')]);
  expect((await home.expctl(['archive', 'nothing'])).code).toBe(3);

  const { run } = JSON.parse(await home.ok('show', '1', '--json'));
  renameSync(run.runDir, join(home.dir, 'elsewhere'));
  const less = await home.expctl(['archive', '1', '-o', join(home.dir, 'less.tar.gz')]);
  expect(less).toMatchObject({ code: 0, stderr: `not in it, since it is gone: ${run.runDir}\n` });
  expect(less.stdout).toMatch(/, 1 directory of run 1$/m);
  renameSync(join(home.dir, 'elsewhere'), run.runDir);
});

test('tensorboard: links to what was asked for, gone with it', async () => {
  const bin = join(home.dir, 'bin');
  execFileSync('mkdir', [bin]);
  const fake = home.script(
    'tensorboard',
    `#!/bin/sh\nls -l "$2" > ${home.dir}/seen\necho "TensorBoard 1 at http://localhost:6006/ (Press CTRL+C to quit)" >&2\nexec sleep 1000\n`,
  );
  execFileSync('mv', [fake, join(bin, 'tensorboard')]);
  const child = home.spawnExpctl(['tensorboard', '1', '2', '--json'], {
    env: { PATH: `${bin}:${process.env.PATH}` },
  });
  let said = '';
  child.stdout!.on('data', (chunk) => {
    said += chunk;
  });
  await until('it listens', () => said.includes('\n'));
  const { url, logdir } = JSON.parse(said);
  expect(url).toBe('http://localhost:6006/');
  expect(readdirSync(logdir).sort()).toEqual(['a-1', 'b-2']);
  expect(readdirSync(join(logdir, 'a-1'))).not.toEqual([]);
  child.kill('SIGINT');
  await until('it has ended', () => child.exitCode !== null);
  expect(existsSync(logdir)).toBe(false);
  const missing = await home.expctl(['tensorboard', '1'], { env: { PATH: '/nowhere' } });
  expect([missing.code, missing.stderr]).toEqual([
    3,
    expect.stringContaining('TensorBoard is not installed here'),
  ]);
  expect(readdirSync(join(home.dir, 'tmp')).filter((name) => name.startsWith('expd-tensorboard'))).toEqual(
    [],
  );
});
