import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Home } from '../../helpers/home.js';
import { interopPython } from '../../helpers/interop-python.js';
import { until } from '../../helpers/until.js';
import { type Attempt, curve, imageSteps, SCALARS } from './attempts.js';
import { Board, LOADERS, type Loader } from './board.js';

// Runs of the daemon's, killed and resumed, as TensorBoard shows them: one that was there all the time, and one that
// is started afterwards.

const { python, test } = interopPython('training');

type Befalls = 'torn' | 'future' | 'ahead';
type Planned = Attempt & { befalls?: Befalls };

const CRASH_AND_RESUME: Planned[] = [
  { number: 1, from: 0, to: 250, end: 'kill' },
  { number: 2, from: 181, to: 300, end: 'finish' },
];
const THREE_CRASHES: Planned[] = [
  { number: 1, from: 0, to: 250, end: 'kill' },
  { number: 2, from: 181, to: 320, end: 'kill' },
  { number: 3, from: 101, to: 150, end: 'kill' },
  { number: 4, from: 121, to: 330, end: 'finish' },
];
const FROM_SCRATCH: Planned[] = [
  { number: 1, from: 0, to: 250, end: 'kill' },
  { number: 2, from: 0, to: 90, end: 'finish' },
];
const befalling = (befalls: Befalls): Planned[] =>
  CRASH_AND_RESUME.map((attempt) => (attempt.end === 'kill' ? { ...attempt, befalls } : attempt));

interface Case {
  name: string;
  /** Of tests/interop/tensorboard/trainer.py, or `lines`. */
  writers: string[];
  plan: Planned[];
}

const CASES: Case[] = [
  { name: 'lines', writers: ['lines'], plan: CRASH_AND_RESUME },
  { name: 'tensorboardX', writers: ['tensorboardX'], plan: CRASH_AND_RESUME },
  { name: 'tensorboardX-purge', writers: ['tensorboardX+purge_step'], plan: CRASH_AND_RESUME },
  { name: 'pytorch', writers: ['pytorch'], plan: CRASH_AND_RESUME },
  { name: 'pytorch-purge', writers: ['pytorch+purge_step'], plan: CRASH_AND_RESUME },
  { name: 'both', writers: ['tensorboardX', 'lines'], plan: CRASH_AND_RESUME },
  { name: 'lines-three', writers: ['lines'], plan: THREE_CRASHES },
  { name: 'tensorboardX-three', writers: ['tensorboardX'], plan: THREE_CRASHES },
  { name: 'lines-scratch', writers: ['lines'], plan: FROM_SCRATCH },
  { name: 'tensorboardX-scratch', writers: ['tensorboardX'], plan: FROM_SCRATCH },
  { name: 'tensorboardX-torn', writers: ['tensorboardX'], plan: befalling('torn') },
  { name: 'tensorboardX-ahead', writers: ['tensorboardX'], plan: befalling('ahead') },
  { name: 'pytorch-ahead', writers: ['pytorch+purge_step'], plan: befalling('ahead') },
  { name: 'lines-future', writers: ['lines'], plan: befalling('future') },
];

let home: Home;
const boards = new Map<string, Board>();
const ids = new Map<string, string>();

async function open(when: string, logdir: string): Promise<void> {
  await Promise.all(
    LOADERS.map(async (loader) =>
      boards.set(`${when} ${loader}`, await Board.open(python, logdir, home.dir, loader)),
    ),
  );
}

beforeAll(async () => {
  home = new Home();
  await home.start(['--slots', '2']);
  const logdir = join(home.project, 'outputs/tensorboard');
  mkdirSync(logdir, { recursive: true });
  await open('live', logdir);
  const script = join(import.meta.dirname, 'attempt.mjs');
  const trainer = join(import.meta.dirname, 'trainer.py');
  for (const { name, writers, plan } of CASES) {
    const argv = [process.execPath, script, python, trainer, writers.join(), JSON.stringify(plan)];
    ids.set(name, String(await home.submit(argv, ['--name', name])));
  }
  for (const { name } of CASES) {
    const { code, stdout } = await home.expctl(['wait', ids.get(name)!]);
    expect(code, stdout).toBe(0);
  }
  const train = home.script(
    'sweep.mjs',
    `import { appendFileSync } from 'node:fs';
const lr = Number(process.argv[2].split('=')[1]);
appendFileSync(process.env.EXPD_METRICS, JSON.stringify({ step: 1, loss: lr }) + '\\n');
process.exit(process.env.EXPD_ATTEMPT === '1' ? 75 : lr > 0.3 ? 1 : 0);
`,
  );
  await home.ok('submit', '-m', '--name', 'sweep', '--', process.execPath, train, 'lr=0.25,0.5', 'seed=1,2');
  await home.expctl(['wait', 's1']);
  await failAndGoOn();
  await trainDigits();
  await open('afterwards', logdir);
}, 600_000);
afterAll(async () => {
  await Promise.all([...boards.values()].map((board) => board.close()));
  await home.close();
});

/** Runs that have failed for good, and succeed after all: by another attempt, and by another run that goes on with theirs. */
async function failAndGoOn(): Promise<void> {
  const mended = join(home.dir, 'mended');
  const train = home.script(
    'again.mjs',
    `import { appendFileSync, existsSync } from 'node:fs';
appendFileSync(process.env.EXPD_METRICS, JSON.stringify({ step: 1, loss: 1 }) + '\\n');
process.exit(existsSync(${JSON.stringify(mended)}) ? 0 : 1);
`,
  );
  mkdirSync(join(home.project, 'conf'));
  writeFileSync(
    join(home.project, 'conf/again.yaml'),
    `lr: 0\nexpd:\n  command: ${JSON.stringify([process.execPath, train])}\n`,
  );
  const submit = async (experiment: string, ...flags: string[]): Promise<string> =>
    (
      await home.ok('submit', '-q', '-cn', 'again', '--experiment-id', experiment, ...flags, 'lr=0.75')
    ).trim();
  const failed = [await submit('retried'), await submit('continued')];
  for (const run of failed) {
    const { code } = await home.expctl(['wait', run]);
    expect(code).toBe(1);
  }
  await open('failed', join(home.project, 'outputs/tensorboard'));
  for (const loader of LOADERS)
    await boards.get(`failed ${loader}`)!.shows(statuses(0.75), ['STATUS_FAILURE', 'STATUS_FAILURE']);
  writeFileSync(mended, '');
  await home.ok('retry', failed[0]!);
  expect((await home.expctl(['wait', failed[0]!])).code).toBe(0);
  const going = await submit('continued', '--continue');
  expect((await home.expctl(['wait', going])).code).toBe(0);
}

/** The trainer of examples/, killed twice in the middle, and a twin that is left alone. */
async function trainDigits(): Promise<void> {
  const trainer = resolve(import.meta.dirname, '../../../examples/digits/train.mjs');
  const knobs = ['--steps', '400', '--hidden', '16', '--log-every', '10', '--checkpoint-every', '40'];
  const submit = (name: string): Promise<number> =>
    home.submit([process.execPath, trainer, ...knobs], ['--name', name, '--seed', '11']);
  const killed = await submit('digits');
  for (const step of [130, 250]) {
    const at = await until(
      `digits is at step ${step}`,
      async () => {
        const { run, attempts, progress } = JSON.parse(await home.ok('show', `${killed}`, '--json'));
        return run.state === 'running' && attempts.at(-1).phase === 'running' && progress?.step >= step
          ? attempts.at(-1)
          : run.state === 'succeeded';
      },
      60_000,
    );
    if (at !== true) process.kill(at.mainPid, 'SIGKILL');
  }
  ids.set('digits', `${killed}`);
  ids.set('twin', `${await submit('twin')}`);
  for (const name of ['digits', 'twin']) expect((await home.expctl(['wait', ids.get(name)!])).code).toBe(0);
}

for (const when of ['live', 'afterwards'])
  for (const loader of LOADERS as readonly Loader[])
    test(`${when}, ${loader}: the digits trainer, killed, has the curve of its twin`, async () => {
      const board = boards.get(`${when} ${loader}`)!;
      const steps = Array.from({ length: 40 }, (_, n) => 10 + n * 10);
      for (const tag of ['train/loss', 'val/loss', 'val/accuracy']) {
        const of = (name: string) => (on: Board) => on.scalars(`${name}-${ids.get(name)}`, tag);
        await board.shows(async (on) => (await of('twin')(on)).map(([step]) => step), steps);
        await board.shows(of('digits'), await of('twin')(board));
      }
    }, 120_000);

/** Python's loader never goes back to an earlier name: a board that was open has to be started again. */
const isRenamed = ({ plan }: Case): boolean => plan.some(({ befalls }) => befalls === 'ahead');

for (const when of ['live', 'afterwards'])
  for (const loader of LOADERS as readonly Loader[])
    for (const one of CASES.filter((one) => when !== 'live' || loader !== 'python' || !isRenamed(one)))
      test(`${when}, ${loader}: ${one.name}: one curve`, async () => {
        const board = boards.get(`${when} ${loader}`)!;
        const run = `${one.name}-${ids.get(one.name)}`;
        // Never two writers in a directory.
        const places = one.writers.length > 1 ? [run, `${run}/metrics`] : [run];
        for (const place of places)
          for (const tag of SCALARS) await board.shows((on) => on.scalars(place, tag), curve(one.plan, tag));
        if (one.writers.some((writer) => writer !== 'lines'))
          await board.shows((on) => on.imageSteps(run, 'sample'), imageSteps(one.plan));
      }, 120_000);

/** How the sessions ended in each group of the HParams page, its name and `lr` before it. */
async function groups(board: Board): Promise<[name: string, lr: number, statuses: string[]][] | undefined> {
  const request = {
    experimentName: '',
    allowedStatuses: ['STATUS_UNKNOWN', 'STATUS_SUCCESS', 'STATUS_FAILURE', 'STATUS_RUNNING'],
    colParams: [{ hparam: 'lr', order: 'ORDER_ASC' }],
    startIndex: 0,
    sliceSize: 10,
  };
  const answer = (await board.ask('plugin/hparams/session_groups', {}, request)) as {
    sessionGroups: { name: string; hparams: { lr: number }; sessions: { status: string }[] }[];
  } | null;
  return answer?.sessionGroups.map(({ name, hparams, sessions }) => [
    name,
    hparams.lr,
    sessions.map(({ status }) => status),
  ]);
}

/** Of all that have this `lr`. */
const statuses =
  (of: number) =>
  async (board: Board): Promise<string[] | undefined> =>
    (await groups(board))?.filter(([, lr]) => lr === of).flatMap(([, , ends]) => ends);

for (const loader of LOADERS as readonly Loader[]) {
  test(`afterwards, ${loader}: the jobs of a sweep on the HParams page, each with one end, those of other seeds as one`, async () => {
    const ofSweep = async (board: Board) => (await groups(board))?.filter(([name]) => name.startsWith('s1 '));
    await boards.get(`afterwards ${loader}`)!.shows(ofSweep, [
      ['s1 lr=0.25', 0.25, ['STATUS_SUCCESS', 'STATUS_SUCCESS']],
      ['s1 lr=0.5', 0.5, ['STATUS_FAILURE', 'STATUS_FAILURE']],
    ]);
  }, 120_000);

  test(`afterwards, ${loader}: what failed and went on to succeed is a success`, async () => {
    const ends = ['STATUS_SUCCESS', 'STATUS_SUCCESS'];
    await boards.get(`afterwards ${loader}`)!.shows(statuses(0.75), ends);
  }, 120_000);
}
