import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { dateBack, writeMarker } from '../../../src/tensorboard/tensorboard.js';
import { interopPython } from '../../helpers/interop-python.js';
import { type Attempt, curve, SCALARS, train } from './attempts.js';
import { Board, LOADERS } from './board.js';

const { python, test } = interopPython('training');
const scratch = mkdtempSync(join(tmpdir(), 'expd-board-'));
const logdir = join(scratch, 'logs');
let boards: Board[] = [];
beforeAll(async () => {
  mkdirSync(logdir);
  boards = await Promise.all(LOADERS.map((loader) => Board.open(python, logdir, scratch, loader)));
});
afterAll(async () => {
  await Promise.all(boards.map((board) => board.close()));
  rmSync(scratch, { recursive: true, force: true });
});

const FIRST: Attempt = { number: 1, from: 0, to: 250, end: 'kill' };
const SECOND: Attempt = { number: 2, from: 181, to: 300, end: 'finish' };

async function allShow(run: string, attempts: Attempt[]): Promise<void> {
  for (const board of boards)
    for (const tag of SCALARS) await board.shows((asked) => asked.scalars(run, tag), curve(attempts, tag));
}

test('while TensorBoard looks on: a script that knows nothing of restarts', async () => {
  const directory = join(logdir, 'script');
  await train(python, 'tensorboardX', directory, FIRST);
  await allShow('script', [FIRST]);
  await writeMarker(directory, SECOND.from);
  await allShow('script', [FIRST, { ...SECOND, to: SECOND.from - 1 }]);
  await train(python, 'tensorboardX', directory, SECOND);
  await allShow('script', [FIRST, SECOND]);
});

test('while TensorBoard looks on: our own writer', async () => {
  const directory = join(logdir, 'own');
  await train(python, 'expd', directory, FIRST);
  await allShow('own', [FIRST]);
  await train(python, 'expd', directory, SECOND);
  await allShow('own', [FIRST, SECOND]);
});

test('while TensorBoard looks on: a script whose clock was ahead', async () => {
  const directory = join(logdir, 'ahead');
  await train(python, 'tensorboardX', directory, FIRST, { CLOCK_AHEAD_S: '3600' });
  await allShow('ahead', [FIRST]);
  dateBack(directory);
  await writeMarker(directory, SECOND.from);
  await train(python, 'tensorboardX', directory, SECOND);
  const shows = (board: Board) =>
    board.shows((asked) => asked.scalars('ahead', 'loss'), curve([FIRST, SECOND], 'loss'));
  for (const board of boards) if (board.loader === 'data server') await shows(board);
  // Python's loader never goes back to an earlier name: there it has to be another board.
  const another = await Board.open(python, logdir, scratch, 'python');
  boards.push(another);
  await shows(another);
});
