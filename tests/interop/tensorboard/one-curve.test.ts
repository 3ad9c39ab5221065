import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { dateBack, eventFiles, writeMarker } from '../../../src/tensorboard/tensorboard.js';
import { interopPython } from '../../helpers/interop-python.js';
import {
  type Attempt,
  curve,
  imageSteps,
  SCALARS,
  SCRIPT_WRITERS,
  type TrainingWriter,
  train,
} from './attempts.js';
import { Board, LOADERS, type Loader } from './board.js';

const { python, test } = interopPython('training');
const scratch = mkdtempSync(join(tmpdir(), 'expd-board-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const CRASH_AND_RESUME: Attempt[] = [
  { number: 1, from: 0, to: 250, end: 'kill' },
  { number: 2, from: 181, to: 300, end: 'finish' },
];
const THREE_CRASHES: Attempt[] = [
  { number: 1, from: 0, to: 250, end: 'kill' },
  { number: 2, from: 181, to: 320, end: 'kill' },
  { number: 3, from: 101, to: 150, end: 'kill' },
  { number: 4, from: 121, to: 330, end: 'finish' },
];
const FROM_SCRATCH: Attempt[] = [
  { number: 1, from: 0, to: 250, end: 'kill' },
  { number: 2, from: 0, to: 90, end: 'finish' },
];

interface Case {
  run: string;
  writer: TrainingWriter;
  attempts: readonly Attempt[];
  /** What befalls the directory when an attempt was killed. */
  after?: (directory: string) => void;
}

const CASES: Case[] = [
  ...(['expd', ...SCRIPT_WRITERS] as const).map((writer) => ({
    run: `crash and resume, ${writer}`,
    writer,
    attempts: CRASH_AND_RESUME,
  })),
  ...(['expd', 'tensorboardX'] as const).flatMap((writer) => [
    { run: `three crashes, ${writer}`, writer, attempts: THREE_CRASHES },
    { run: `from scratch, ${writer}`, writer, attempts: FROM_SCRATCH },
    { run: `torn tail, ${writer}`, writer, attempts: CRASH_AND_RESUME, after: tear },
  ]),
  ...(['tensorboardX', 'pytorch+purge_step'] as const).map((writer) => ({
    run: `clock went back three times, ${writer}`,
    writer,
    attempts: THREE_CRASHES,
    after: dateIntoTheFuture,
  })),
  { run: 'clock went back', writer: 'expd', attempts: CRASH_AND_RESUME, after: dateIntoTheFuture },
];

/** Two at a time suit two cores. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

/** The attempts of a case; before each but the first, what makes a curve that others write go on. */
async function execute(directory: string, { writer, attempts, after }: Case): Promise<void> {
  mkdirSync(directory);
  for (const attempt of attempts) {
    if (writer !== 'expd') {
      dateBack(directory);
      await writeMarker(directory, attempt.from);
    }
    await train(python, writer, directory, attempt);
    if (attempt.end === 'kill') after?.(directory);
  }
}

/** As if a killed process had been in the middle of a write. */
function tear(directory: string): void {
  const path = newest(directory);
  truncateSync(path, statSync(path).size - 3);
}

/** As if the clock had been an hour ahead until now. */
function dateIntoTheFuture(directory: string): void {
  const path = newest(directory);
  renameSync(
    path,
    path.replace(/\d{10}/, (second) => `${Number(second) + 3600}`),
  );
}

const newest = (directory: string): string => join(directory, eventFiles(directory).at(-1)!);

const logdir = join(scratch, 'logs');
const boards = new Map<Loader, Board>();
beforeAll(async () => {
  mkdirSync(logdir);
  await inPairs(CASES, (one) => execute(join(logdir, one.run), one));
  await Promise.all(
    LOADERS.map(async (loader) => boards.set(loader, await Board.open(python, logdir, scratch, loader))),
  );
}, 300_000);
afterAll(() => Promise.all([...boards.values()].map((board) => board.close())));

for (const loader of LOADERS)
  for (const { run, writer, attempts } of CASES)
    test(`${loader}: ${run}: one curve`, async () => {
      const board = boards.get(loader)!;
      for (const tag of SCALARS) await board.shows((board) => board.scalars(run, tag), curve(attempts, tag));
      if (writer !== 'tensors')
        await board.shows((board) => board.imageSteps(run, 'sample'), imageSteps(attempts));
    });

test('EventAccumulator, which scripts use to read curves: the same', () => {
  const read = execFileSync(python, [join(import.meta.dirname, 'accumulate.py'), logdir], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // It never drops tensors.
  const cases = CASES.filter(({ writer }) => writer !== 'tensors');
  const expected = cases.map(({ run, attempts }) => [
    run,
    Object.fromEntries(SCALARS.map((tag) => [tag, curve(attempts, tag)])),
  ]);
  expect(JSON.parse(read)).toMatchObject(Object.fromEntries(expected));
});
