import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Home } from '../../helpers/home.js';
import { until } from '../../helpers/until.js';
import { type Attempt, curve, imageSteps, SCALARS } from '../tensorboard/attempts.js';
import { Board, LOADERS } from '../tensorboard/board.js';
import { heavyPython } from './python.js';

// The SummaryWriter of torch, in training that is killed with -9 wherever it is: real TensorBoard, `metrics`, `plot`,
// the best checkpoint and the time left have one curve.

const { python, test } = heavyPython();
const STEPS = 260;

interface Case {
  name: string;
  words: string[];
  /** Each kill comes once this step was reached. */
  kills: number[];
}

const CASES: readonly Case[] = [
  { name: 'naive', words: [], kills: [130] },
  { name: 'purge', words: ['--purge'], kills: [130] },
  { name: 'naive-three', words: [], kills: [70, 130, 190] },
  { name: 'purge-three', words: ['--purge'], kills: [70, 130, 190] },
];

let home: Home;
const logdir = (): string => join(home.project, 'outputs/tensorboard');
const boards: Board[] = [];
/** By the name of the case. */
const runs = new Map<string, { id: number; experimentId: string; attempts: Attempt[] }>();

const show = async (id: number) => JSON.parse(await home.ok('show', `${id}`, '--json'));

const attemptOf = (id: number, number: number) =>
  until(
    `attempt ${number} of run ${id} is there`,
    async () => {
      const found = (await show(id)).attempts[number - 1];
      return found?.mainPid ? found : undefined;
    },
    300_000,
  );

/** Killed as planned; how long it would go on was known each time. */
async function train({ name, words, kills }: Case): Promise<void> {
  const script = join(import.meta.dirname, 'summary_writer.py');
  const id = await home.submit(
    [python, script, ...words, '--steps', `${STEPS}`],
    ['--name', name, '--metric', 'loss:min'],
  );
  for (const [n, step] of kills.entries()) {
    const log = join((await attemptOf(id, n + 1)).runDir, 'logs', `attempt-${n + 1}.log`);
    await until(
      `${name} is at step ${step}`,
      () => readFileSync(log, 'utf8').includes(`step ${step} loss`),
      120_000,
    );
    const shown = await until(`how long ${name} will go on is known`, async () => {
      const now = await show(id);
      return now.progress?.totalSteps === STEPS && now.progress.remainingMs !== null ? now : undefined;
    });
    process.kill(shown.attempts[n].mainPid, 'SIGKILL');
  }
  expect((await home.expctl(['wait', `${id}`])).code, await home.ok('logs', `${id}`)).toBe(0);
  const { run, attempts } = await show(id);
  const from = attempts.map((one: { resumedFrom: string | null; resumedStep: number }) =>
    one.resumedFrom === null ? 1 : one.resumedStep + 1,
  );
  expect(from).toHaveLength(kills.length + 1);
  runs.set(name, {
    id,
    experimentId: run.experimentId,
    attempts: from.map((first: number, n: number) => ({
      ...{ number: n + 1, from: first, to: (from[n + 1] ?? STEPS + 1) - 1 },
      end: n === kills.length ? 'finish' : 'kill',
    })),
  });
}

beforeAll(async () => {
  home = new Home({ CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1' });
  mkdirSync(logdir(), { recursive: true });
  await home.start(['--slots', '4']);
  boards.push(
    ...(await Promise.all(LOADERS.map((loader) => Board.open(python, logdir(), home.dir, loader)))),
  );
  await Promise.all(CASES.map(train));
}, 600_000);
afterAll(async () => {
  await Promise.all(boards.map((board) => board.close()));
  await home.close();
});

for (const { name } of CASES) {
  test(`${name}: one curve in a TensorBoard that was there all the time, with either loader`, async () => {
    const { experimentId, attempts } = runs.get(name)!;
    for (const board of boards) {
      for (const tag of SCALARS)
        await board.shows((on) => on.scalars(experimentId, tag), curve(attempts, tag));
      await board.shows(
        (on) => on.imageSteps(experimentId, 'sample'),
        imageSteps(attempts).filter((step) => step > 0),
      );
    }
  }, 120_000);

  test(`${name}: metrics, plot and the best checkpoint`, async () => {
    const { id, attempts } = runs.get(name)!;
    const { metrics } = JSON.parse(await home.ok('metrics', `${id}`, '--key', 'loss', '--json'));
    const points = metrics[0].points.map(([step, value]: [number, number]) => [step, value]);
    expect(points).toEqual(curve(attempts, 'loss'));
    expect(await home.ok('plot', `${id}`, '--key', 'loss')).toContain('loss');
    const { checkpoints } = JSON.parse(await home.ok('checkpoints', `${id}`, '--json'));
    expect(checkpoints.filter((one: { best: boolean }) => one.best)).toMatchObject([
      { step: 20, metrics: { loss: 1020 } },
    ]);
  }, 60_000);
}

test('afterwards: one curve in a TensorBoard that is started then', async () => {
  for (const loader of LOADERS) {
    const board = await Board.open(python, logdir(), home.dir, loader);
    boards.push(board);
    for (const { experimentId, attempts } of runs.values())
      for (const tag of SCALARS)
        await board.shows((on) => on.scalars(experimentId, tag), curve(attempts, tag));
  }
}, 120_000);
