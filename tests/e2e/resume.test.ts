import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// Interrupted runs go on from their newest complete checkpoint, through the built programs.

const trainer = resolve(import.meta.dirname, '../../examples/digits/train.mjs');
const TRAIN = [
  process.execPath,
  trainer,
  '--steps',
  '900',
  '--hidden',
  '32',
  '--checkpoint-every',
  '50',
  '--log-every',
  '50',
];

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

interface Shown {
  run: { state: string; runDir: string };
  attempts: {
    number: number;
    runDir: string;
    resumedFrom: string | null;
    mainPid: number;
    supervisorPid: number;
  }[];
}
const show = async (id: number): Promise<Shown> => JSON.parse(await home.ok('show', String(id), '--json'));
const wait = async (id: number): Promise<number | null> => (await home.expctl(['wait', String(id)])).code;
const weights = (runDir: string): string => readFileSync(join(runDir, 'artifacts/weights.bin'), 'base64');

/** Waits until the run has logged this step, and answers with its attempt. */
async function reached(id: number, step: number): Promise<Shown['attempts'][number]> {
  await until(
    `run ${id} is at step ${step}`,
    async () => {
      const { stdout } = await home.expctl(['logs', String(id)]);
      return stdout.includes(`step ${step}/`);
    },
    30_000,
  );
  return (await show(id)).attempts.at(-1)!;
}

test('kill -9 of training, supervisor and daemon: resumed, and the weights are those of an undisturbed run', async () => {
  await home.start();
  const seed = ['--seed', '11'];
  const id = await home.submit(TRAIN, seed);
  const { mainPid, supervisorPid } = await reached(id, 150);
  await home.stop('SIGKILL');
  process.kill(supervisorPid, 'SIGKILL');
  process.kill(mainPid, 'SIGKILL');
  await home.start();
  expect(await wait(id)).toBe(0);
  const { attempts } = await show(id);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]!.resumedFrom).toMatch(/step-00000\d50$|step-00000\d00$/);
  expect(attempts[1]!.resumedFrom).toContain(attempts[0]!.runDir);

  const twin = await home.submit(TRAIN, seed);
  expect(await wait(twin)).toBe(0);
  expect(weights(attempts[1]!.runDir)).toBe(weights((await show(twin)).run.runDir));
}, 120_000);

test('cancel saves a checkpoint, retry goes on from it, retry --fresh does not', async () => {
  await home.start();
  const id = await home.submit(TRAIN);
  await reached(id, 100);
  await home.ok('cancel', String(id));
  expect(await wait(id)).toBe(130);
  await home.ok('retry', String(id));
  expect(await wait(id)).toBe(0);
  const { attempts } = await show(id);
  expect(attempts[1]!.resumedFrom).not.toBe(null);
  expect((await home.expctl(['retry', String(id)])).code).toBe(1);
  await home.ok('resume', String(id), '--from', '100');
  expect(await wait(id)).toBe(0);
  expect((await show(id)).attempts[2]!.resumedFrom).toMatch(/step-00000100$/);
  // As the shell completes it, and as its directory is called.
  const chosen = attempts[0]!.runDir.slice(home.project.length + 1);
  for (const from of [`${chosen}/checkpoints/step-00000050`, 'step-00000050']) {
    await home.ok('resume', String(id), '--from', from);
    expect(await wait(id)).toBe(0);
    expect((await show(id)).attempts.at(-1)!.resumedFrom).toMatch(/step-00000050$/);
  }

  const other = await home.submit(TRAIN);
  await reached(other, 100);
  await home.ok('cancel', String(other));
  expect(await wait(other)).toBe(130);
  await home.ok('retry', '--fresh', String(other));
  expect(await wait(other)).toBe(0);
  expect((await show(other)).attempts[1]!.resumedFrom).toBe(null);
  expect(await home.ok('show', String(other))).toMatch(/attempt 2 .* from the start$/m);
}, 120_000);

test('--resume-arg is appended only when there is a checkpoint; the flat layout shares one directory', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
echo "args: $*"
[ -n "$EXPD_RESUME_FROM" ] && exit 0
dir=$EXPD_CHECKPOINT_DIR/step-00000007; mkdir "$dir"; printf x > "$dir/w"
printf '{"v":1,"step":7,"files":{"w":{"size":1,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}}' > "$dir/MANIFEST.json"
exit 75
`,
  );
  const id = await home.submit(
    [script],
    ['--resume-arg', 'trainer.resume={ckpt} --at {step}', '--layout', 'flat'],
  );
  expect(await wait(id)).toBe(0);
  const { attempts, run } = await show(id);
  expect(new Set(attempts.map(({ runDir }) => runDir))).toEqual(new Set([run.runDir]));
  const checkpoint = join(run.runDir, 'checkpoints/step-00000007');
  expect(await home.ok('logs', '--attempt', '1', String(id))).toBe('args: \n');
  expect(await home.ok('logs', '--attempt', '2', String(id))).toBe(
    `args: trainer.resume=${checkpoint} --at 7\n`,
  );
});

test('in one directory for all attempts, a program that looks by itself finds what it is to go on from, or nothing', async () => {
  await home.start();
  const script = home.script(
    'looks.sh',
    `#!/bin/sh
cd "$EXPD_RUN_DIR"
[ -e ckpt.pt ] && echo "goes on from $(head -c 4 ckpt.pt)"
[ "$EXPD_ATTEMPT" = 1 ] && { printf 'PK\\003\\004 torn' > ckpt.pt; exit 75; }
[ -e ckpt.pt ] && exit 1
printf 'whole, in a way' > ckpt.pt
`,
  );
  const id = await home.submit([script], ['--layout', 'flat', '--retries', '0']);
  expect(await wait(id)).toBe(0);
  const { run } = await show(id);
  const log = await home.ok('logs', '--attempt', '2', String(id));
  expect(log).toMatch(/^\[expd\] checkpoint \S+ckpt\.pt is damaged and was passed over: .*\n/);
  expect(log).toMatch(
    `checkpoint ${run.runDir}/ckpt.pt is ${run.runDir}/.aside-2-ckpt.pt now: the program would have gone on from it`,
  );
  expect(log).not.toMatch('goes on from');
  await home.ok('resume', String(id), '--from', 'ckpt.pt');
  expect(await wait(id)).toBe(1);
  expect(await home.ok('logs', '--attempt', '3', String(id))).toMatch('goes on from whol');
  await home.ok('retry', '--fresh', String(id));
  expect(await wait(id)).toBe(0);
  expect(await home.ok('logs', '--attempt', '4', String(id))).toMatch(/\.aside-4-ckpt\.pt now/);
});

test('until an attempt is claimed, no checkpoint is put out of its way', async () => {
  const script = home.script('looks.sh', '#!/bin/sh\nprintf whole > "$EXPD_RUN_DIR/ckpt.pt"\nexit 1\n');
  await home.start();
  const id = await home.submit([script], ['--layout', 'flat']);
  expect(await wait(id)).toBe(1);
  const { run } = await show(id);
  await home.stop();
  await home.start([], { EXPD_FAILPOINT: 'beforeClaim' });
  const died = once(home.daemon!, 'exit');
  await home.expctl(['retry', '--fresh', String(id)]);
  await died;
  expect(existsSync(join(run.runDir, 'ckpt.pt'))).toBe(true);
  home.daemon = null;
  await home.start();
  expect(await wait(id)).toBe(1);
  expect(existsSync(join(run.runDir, '.aside-2-ckpt.pt'))).toBe(true);
}, 60_000);

test('a corrupt newest checkpoint: the one before it is used, and the log says so', async () => {
  await home.start();
  const script = home.script(
    'corrupt.sh',
    `#!/bin/sh
[ -n "$EXPD_RESUME_FROM" ] && { echo "from $EXPD_RESUME_STEP"; exit 0; }
for step in 1 2; do
  dir=$EXPD_CHECKPOINT_DIR/step-0000000$step; mkdir "$dir"; printf x > "$dir/w"
  size=$([ $step = 1 ] && echo 1 || echo 2)
  printf '{"v":1,"step":%s,"files":{"w":{"size":%s,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}}' $step $size > "$dir/MANIFEST.json"
done
exit 75
`,
  );
  const id = await home.submit([script]);
  expect(await wait(id)).toBe(0);
  const log = await home.ok('logs', '--attempt', '2', String(id));
  expect(log).toMatch(/^\[expd\] checkpoint .*step-00000002 is damaged and was passed over: .*\nfrom 1\n$/);
});
