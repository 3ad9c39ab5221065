import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkpointsIn, faultsOf, newestValid } from '../examples/plain-checkpoint.js';
import { attemptUnder, type Ending, metricsOf, train } from '../examples/trainers.js';
import { artifact, builtIn, curve, weightsHash } from './training.js';

const root = mkdtempSync(join(tmpdir(), 'trainers-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A checkpoint at step 140, and then a line at step 147, which is the third on the output. */
const KNOBS = 'steps=300 checkpoint_every=140 eval_every=1000 log_every=147'.split(' ');
const LINE_OF_147 = 3;

const TRAINERS = [
  builtIn('flow2d'),
  builtIn('flowsprites'),
  builtIn('flowsprites', 'dataset=digits'),
  builtIn('autoencoder'),
  builtIn('autoencoder', 'latent_space=vq'),
  builtIn('autoencoder', 'latent_space=vq', 'dataset=sprites'),
];

describe.each(TRAINERS)('$name', (trainer) => {
  test('140 steps, kill -9, 160 steps in another process: every bit of 300 steps in one', async () => {
    const left = attemptUnder(root);
    const whole = await train(trainer, left, KNOBS);
    expect(whole.stderr).toBe('');

    const first = attemptUnder(root);
    const killed = await train(trainer, first, KNOBS, {
      onLine: (n) => (n === LINE_OF_147 ? 'SIGKILL' : undefined),
    });
    expect(killed).toMatchObject({ signal: 'SIGKILL', lines: { length: LINE_OF_147 } });
    const resumeFrom = newestValid([first.checkpoints]);
    expect(basename(resumeFrom ?? '')).toBe('step-00000140');

    const second = attemptUnder(root);
    const resumed = await train(trainer, second, KNOBS, { resumeFrom });
    expect(resumed.stderr).toBe('');
    expect(resumed.lines).toContain(`resumed from step 140 (${resumeFrom})`);
    expect(weightsHash(resumed)).toBe(weightsHash(whole));
    expect(readFileSync(artifact(second))).toEqual(readFileSync(artifact(left)));
    expect(curve([first, second])).toEqual(curve([left]));
    expect(metricsOf(second).at(-1)).toEqual({ event: 'done' });
    expect(checkpointsIn(second.checkpoints).flatMap(faultsOf)).toEqual([]);
  });
});

describe('one of them', () => {
  const trainer = builtIn('autoencoder');

  test('told to stop it saves, says so and exits with 75; then it goes on to the same end', async () => {
    const knobs = 'steps=400 checkpoint_every=1000 eval_every=1000 log_every=20'.split(' ');
    const first = attemptUnder(root);
    const stopped = await train(trainer, first, knobs, { onLine: (n) => (n === 4 ? 'SIGTERM' : undefined) });
    expect(stopped).toMatchObject({ code: 75, stderr: '' });
    const step = Number(/^told to stop: step (\d+) is saved/.exec(stopped.lines.at(-1) ?? '')?.[1]);
    expect(step).toBeGreaterThanOrEqual(60);
    expect(metricsOf(first).filter(({ event }) => event === 'done')).toEqual([]);
    const resumeFrom = newestValid([first.checkpoints]);
    expect(Number(resumeFrom?.slice(-8))).toBe(step);

    const resumed = await train(trainer, attemptUnder(root), knobs, { resumeFrom });
    const whole = await train(trainer, attemptUnder(root), knobs);
    expect(weightsHash(resumed)).toBe(weightsHash(whole));
  });

  test('resumed from its last checkpoint it only ends; from a directory, the newest sound one is taken', async () => {
    const knobs = 'steps=40 checkpoint_every=20'.split(' ');
    const first = attemptUnder(root);
    const whole = await train(trainer, first, knobs);
    const last = await train(trainer, attemptUnder(root), [...knobs, `resume=${first.checkpoints}`]);
    expect(last.lines.some((line) => line.includes('resumed from step 40'))).toBe(true);
    expect(weightsHash(last)).toBe(weightsHash(whole));

    const less = await train(trainer, attemptUnder(root), ['steps=30', `resume=${first.checkpoints}`]);
    expect(less).toMatchObject({ code: 1 });
    expect(less.stderr).toMatch(/step-00000040: it is of step 40, beyond steps=30\n$/);
    const none = await train(trainer, attemptUnder(root), [...knobs, `resume=${dirname(first.checkpoints)}`]);
    expect(none.stderr).toMatch(/^expd-train: cannot resume from .*: no step-<8 digits> is there\n$/);

    flipByte(join(first.checkpoints, 'step-00000040/optimizer.safetensors'));
    const before = await train(trainer, attemptUnder(root), [...knobs, `resume=${first.checkpoints}`]);
    expect(before.stderr).toMatch(
      /^warning: .*step-00000040 is damaged and is passed over: optimizer\.safetensors: its sha256 differs\n$/,
    );
    expect(weightsHash(before)).toBe(weightsHash(whole));
  });

  test('other data than the checkpoint’s: a warning, and it goes on with the old scaling', async () => {
    const knobs = 'steps=40 checkpoint_every=20 eval_every=1000'.split(' ');
    const first = attemptUnder(root);
    await train(trainer, first, [...knobs, 'dataset=sprites', 'seed=1']);
    const resumeFrom = join(first.checkpoints, 'step-00000020');
    const other = await train(trainer, attemptUnder(root), [...knobs, 'dataset=sprites', 'seed=2'], {
      resumeFrom,
    });
    expect(other).toMatchObject({ code: 0 });
    expect(other.stderr).toMatch(/warning: seed was 1 and is 2 now\n/);
    expect(other.stderr).toMatch(
      /warning: the training data is not that of the checkpoint: mean 0\.\d+ then, 0\.\d+ now; its scaling stays\n/,
    );
  });

  test.each<[string, (directory: string) => string[], RegExp]>([
    [
      'another network',
      (from) => ['hidden=9', `resume=${from}`],
      /model\.safetensors: .* 64 × 8 there, 64 × 9 here/,
    ],
    ['no checkpoint', () => ['resume=/nowhere/at-all'], /cannot resume from \/nowhere\/at-all: ENOENT/],
    [
      'another trainer',
      (from) => [`resume=${from}`, '--flow2d'],
      /cannot resume flow2d from a checkpoint of autoencoder/,
    ],
  ])('%s is refused in one line', async (_, words, why) => {
    const first = attemptUnder(root);
    await train(trainer, first, ['steps=2']);
    const [word, ...more] = words(join(first.checkpoints, 'step-00000002'));
    const other = more.includes('--flow2d') ? builtIn('flow2d') : trainer;
    const knobs = [word!, ...more.filter((one) => one !== '--flow2d')];
    const refused: Ending = await train(other, attemptUnder(root), ['steps=4', ...knobs]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr.match(/^expd-train: .*\n/m)?.[0]).toMatch(why);
  });
});

function flipByte(file: string): void {
  const content = readFileSync(file);
  content.writeUInt8(content.readUInt8(content.length >> 1) ^ 1, content.length >> 1);
  writeFileSync(file, content);
}
