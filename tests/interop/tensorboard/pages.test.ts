import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { EventWriter, encodePng } from '../../../src/tensorboard/tensorboard.js';
import { interopPython } from '../../helpers/interop-python.js';
import { Board, LOADERS } from './board.js';

const { python, test } = interopPython('training');
const scratch = mkdtempSync(join(tmpdir(), 'expd-board-'));
const logdir = join(scratch, 'logs');
const boards: Board[] = [];

const images = [10, 20].map((grey) =>
  encodePng({ width: 2, height: 1, channels: 3, data: new Uint8Array([grey, 0, 0, 0, grey, 255]) }),
);

beforeAll(async () => {
  writeSeries(join(logdir, 'series'));
  writeExperiment(logdir);
  writeSession(join(logdir, 'sweep/0'), { lr: 0.1, optimizer: 'adam', ema: true }, 'seeds-a');
  writeSession(join(logdir, 'sweep/1'), { lr: 0.2, optimizer: 'sgd', ema: false }, 'seeds-b');
  for (const loader of LOADERS) boards.push(await Board.open(python, logdir, scratch, loader));
});
afterAll(async () => {
  await Promise.all(boards.map((board) => board.close()));
  rmSync(scratch, { recursive: true, force: true });
});

function writeSeries(directory: string): void {
  const writer = new EventWriter(directory);
  writer.scalars(
    { 'a/finite': 0.5, 'a/nan': Number.NaN, 'ä/ünïcode': Number.POSITIVE_INFINITY },
    3,
    1700000000.5,
  );
  writer.scalar('a/finite', -1e30, 2 ** 40, 1700000001.25);
  images.forEach((png, step) => {
    writer.image('image', png, step);
  });
  writer.image('pair', images, 7);
  writer.histogram('weights', [0, 1, 1, 29.5, 30, Number.NaN], 5);
  writer.text('note', '**bold** ü', 4);
  writer.layout([
    {
      title: 'losses',
      closed: true,
      charts: [
        { title: 'both', tags: ['a/.*'] },
        { title: 'band', margins: [{ value: 'v', lower: 'l', upper: 'u' }] },
      ],
    },
  ]);
  writer.close();
}

/** The columns of the HParams page, for the whole log directory. */
function writeExperiment(directory: string): void {
  const writer = new EventWriter(directory);
  writer.experiment({
    name: 'sweep',
    description: 'what it is for',
    user: 'me',
    createdAt: 1700000000,
    hparams: [
      { name: 'lr', displayName: 'learning rate', domain: { min: 0, max: 1 } },
      { name: 'optimizer', description: 'of the weights', domain: ['adam', 'sgd'] },
      { name: 'ema', domain: [true, false] },
    ],
    metrics: [{ tag: 'loss', displayName: 'Loss', description: 'of validation', dataset: 'validation' }],
  });
  writer.close();
}

/** Two attempts: what is said of a session at the end of the first would be believed for good. */
function writeSession(
  directory: string,
  hparams: Record<string, string | number | boolean>,
  group: string,
): void {
  const first = new EventWriter(directory);
  first.hparams(hparams, { group, startedAt: 1700000000 });
  first.scalar('loss', 9, 9);
  first.close();
  const second = new EventWriter(directory);
  second.rewind(5);
  second.hparams(hparams, { group, startedAt: 1700000100 });
  second.scalar('loss', Number(hparams.lr), 5);
  second.sessionEnd('success', 1700000200);
  second.close();
}

function onBoth(name: string, check: (board: Board) => Promise<void>): void {
  LOADERS.forEach((loader, n) => {
    test(`${loader}: ${name}`, () => check(boards[n]!));
  });
}

onBoth('scalars with their times', async (board) => {
  const page = 'plugin/scalars/scalars';
  const row = (tag: string) => (asked: Board) => asked.ask(page, { run: 'series', tag });
  await board.shows(row('a/finite'), [
    [1700000000.5, 3, 0.5],
    [1700000001.25, 2 ** 40, Math.fround(-1e30)],
  ]);
  await board.shows(row('a/nan'), [[1700000000.5, 3, 'NaN']]);
  await board.shows(row('ä/ünïcode'), [[1700000000.5, 3, 'Infinity']]);
});

onBoth('images, byte for byte', async (board) => {
  await board.shows((asked) => asked.imageSteps('series', 'image'), [0, 1]);
  for (const sample of [0, 1]) {
    const query = { run: 'series', tag: 'pair', sample: `${sample}` };
    const rows = (await board.ask('plugin/images/images', query)) as { query: string }[];
    expect(rows).toMatchObject([{ step: 7 }]);
    const shown = await fetch(`${board.url}/data/plugin/images/individualImage?${rows[0]!.query}`);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(images[sample]);
  }
});

onBoth('histograms', async (board) => {
  const asHistograms = async (asked: Board) =>
    (
      (await asked.ask('plugin/histograms/histograms', { run: 'series', tag: 'weights' })) as
        | [number, number, number[][]][]
        | null
    )?.map(([, step, rows]) => [step, rows.length, rows[0], rows[1], rows[29]]);
  await board.shows(asHistograms, [[5, 30, [0, 1, 1], [1, 2, 2], [29, 30, 2]]]);
});

onBoth('text', async (board) => {
  const asText = async (asked: Board) =>
    (
      (await asked.ask('plugin/text/text', { run: 'series', tag: 'note' })) as
        | { step: number; text: string }[]
        | null
    )?.map(({ step, text }) => [step, text]);
  await board.shows(asText, [[4, '<p><strong>bold</strong> ü</p>']]);
});

onBoth('the layout of custom scalars', async (board) => {
  await board.shows((asked) => asked.ask('plugin/custom_scalars/layout'), {
    version: 0,
    category: [
      {
        title: 'losses',
        closed: true,
        chart: [
          { title: 'both', multiline: { tag: ['a/.*'] } },
          { title: 'band', margin: { series: [{ value: 'v', lower: 'l', upper: 'u' }] } },
        ],
      },
    ],
  });
});

onBoth('hyperparameters, of a session that was resumed', async (board) => {
  const request = {
    experimentName: '',
    allowedStatuses: ['STATUS_UNKNOWN', 'STATUS_SUCCESS', 'STATUS_FAILURE', 'STATUS_RUNNING'],
    colParams: [{ metric: { group: '', tag: 'loss' } }],
    startIndex: 0,
    sliceSize: 10,
  };
  const sessions = async (asked: Board) => {
    const answer = (await asked.ask('plugin/hparams/session_groups', {}, request)) as {
      sessionGroups: {
        name: string;
        hparams: Record<string, unknown>;
        sessions: { status: string; metricValues: { value: number; trainingStep: number }[] }[];
      }[];
    } | null;
    return answer?.sessionGroups.map(({ name, hparams, sessions }) => [
      name,
      hparams,
      sessions.map(({ status, metricValues }) => [
        status,
        metricValues[0]?.value,
        metricValues[0]?.trainingStep,
      ]),
    ]);
  };
  await board.shows(sessions, [
    ['seeds-a', { lr: 0.1, optimizer: 'adam', ema: true }, [['STATUS_SUCCESS', Math.fround(0.1), 5]]],
    ['seeds-b', { lr: 0.2, optimizer: 'sgd', ema: false }, [['STATUS_SUCCESS', Math.fround(0.2), 5]]],
  ]);
});

onBoth('the experiment of a sweep', async (board) => {
  const request = { experimentName: '', hparamsLimit: 10 };
  const column = { displayName: '', description: '', differs: false };
  await board.shows((asked) => asked.ask('plugin/hparams/experiment', {}, request), {
    name: 'sweep',
    description: 'what it is for',
    user: 'me',
    timeCreatedSecs: 1700000000,
    hparamInfos: [
      { ...column, name: 'ema', type: 'DATA_TYPE_BOOL', domainDiscrete: [true, false] },
      {
        ...column,
        name: 'lr',
        displayName: 'learning rate',
        type: 'DATA_TYPE_FLOAT64',
        domainInterval: { minValue: 0, maxValue: 1 },
      },
      {
        ...column,
        name: 'optimizer',
        description: 'of the weights',
        type: 'DATA_TYPE_STRING',
        domainDiscrete: ['adam', 'sgd'],
      },
    ],
    metricInfos: [
      {
        name: { group: '', tag: 'loss' },
        displayName: 'Loss',
        description: 'of validation',
        datasetType: 'DATASET_VALIDATION',
      },
    ],
  });
});
