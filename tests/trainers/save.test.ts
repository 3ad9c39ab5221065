import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { checkpointsIn, faultsOf, newestValid } from '../examples/plain-checkpoint.js';
import { attemptUnder, straceIsMissing, train } from '../examples/trainers.js';
import { skipUnless } from '../helpers/skip.js';
import { builtIn, weightsHash } from './training.js';

const root = mkdtempSync(join(tmpdir(), 'trainers-save-'));
afterAll(() => rmSync(root, { recursive: true }));
const test = skipUnless(!straceIsMissing, 'needs strace');

const trainer = builtIn('autoencoder', 'latent_space=vq');
const KNOBS = ['steps=1', 'eval_every=9', 'sample_every=9'];
/** At least, of one checkpoint: the curve, the plot, seven files, the manifest, the directory; then its parent. */
const BEFORE_ITS_NAME = 1 + 1 + 7 + 1 + 1;

test('killed at any fsync or rename of a save, what has a checkpoint’s name is whole, and the next one mends the rest', async () => {
  const left = weightsHash(await train(trainer, attemptUnder(root), KNOBS));
  // The plot is renamed as well.
  for (const nth of [1, 2]) expect(await namedAfterKill('rename', nth)).toBe(0);
  let nth = 1;
  while ((await namedAfterKill('fsync', nth)) === 0) nth++;
  expect(nth).toBeGreaterThan(BEFORE_ITS_NAME);

  /** Kills before the nth such call; how many checkpoints have their name then. */
  async function namedAfterKill(call: 'fsync' | 'rename', nth: number): Promise<number> {
    const attempt = attemptUnder(root);
    const calls = `?${call},?${call}at,?${call}at2`; // arm64 has only the newer ones
    const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`];
    const under = ['strace', ...options, '-e', `inject=${calls}:signal=KILL:when=${nth}`];
    expect(await train(trainer, attempt, KNOBS, { under }), `${call} ${nth}`).toMatchObject({
      signal: 'SIGKILL',
    });
    const named = checkpointsIn(attempt.checkpoints);
    expect(named.flatMap(faultsOf), `${call} ${nth}`).toEqual([]);
    if (named.length > 0 || nth === BEFORE_ITS_NAME) {
      const ending = await train(trainer, attempt, KNOBS, { resumeFrom: newestValid([attempt.checkpoints]) });
      expect(weightsHash(ending)).toBe(left);
      expect(readdirSync(attempt.checkpoints)).toEqual(['step-00000001']);
    }
    return named.length;
  }
}, 120_000);

test('a disk that is full for a moment costs a checkpoint, not the training: it is said, the one before stays', async () => {
  const knobs = ['steps=6', 'checkpoint_every=2', 'eval_every=9', 'sample_every=9'];
  const left = weightsHash(await train(trainer, attemptUnder(root), knobs));
  const attempt = attemptUnder(root);
  const calls = '?rename,?renameat,?renameat2';
  const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`];
  // Of each save the first is that of the plot, the second gives the checkpoint its name.
  const under = ['strace', ...options, '-e', `inject=${calls}:error=ENOSPC:when=4`];
  const ending = await train(trainer, attempt, knobs, { under });
  expect(ending.stderr).toMatch(
    /^warning: step 4 could not be saved: ENOSPC.*; the one before it is as it was, and training goes on\n$/,
  );
  expect(weightsHash(ending)).toBe(left);
  expect(readdirSync(attempt.checkpoints).sort()).toEqual(['step-00000002', 'step-00000006']);
  expect(checkpointsIn(attempt.checkpoints).flatMap(faultsOf)).toEqual([]);
}, 60_000);
