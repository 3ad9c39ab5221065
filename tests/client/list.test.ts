import { describe, expect, test } from 'vitest';
import { inShort } from '../../src/client/listing.js';
import { listed } from '../../src/client/render/list.js';
import { noColour } from '../../src/client/render/output.js';
import { progress, sweepState } from '../../src/client/render/sweep.js';
import { width } from '../../src/client/render/width.js';
import { ListResponse, Run, RunState, Sweep } from '../../src/gen/expd/v1/runs.js';
import { of } from '../helpers/message.js';

const { RUN_STATE_QUEUED: QUEUED, RUN_STATE_HELD: HELD, RUN_STATE_RUNNING: RUNNING } = RunState;
const { RUN_STATE_SUCCEEDED: SUCCEEDED, RUN_STATE_FAILED: FAILED, RUN_STATE_STARTING: STARTING } = RunState;
const { RUN_STATE_STOPPING: STOPPING, RUN_STATE_CANCELLED: CANCELLED } = RunState;

const run = (changes: Partial<Run>): Run => of(Run, { name: 'train', group: 'default', ...changes });
const sweep = (states: readonly (readonly [RunState, number])[], changes: Partial<Sweep> = {}): Sweep =>
  of(Sweep, {
    id: 4,
    name: 'train',
    jobs: states.reduce((sum, [, count]) => sum + count, 0),
    states: states.map(([state, count]) => ({ state, count })),
    ...changes,
  });

describe('a sweep in a word', () => {
  test.each<[RunState, readonly (readonly [RunState, number])[]]>([
    [
      RUNNING,
      [
        [STARTING, 1],
        [FAILED, 3],
        [QUEUED, 2],
      ],
    ],
    [
      STOPPING,
      [
        [STOPPING, 1],
        [QUEUED, 2],
      ],
    ],
    [
      QUEUED,
      [
        [QUEUED, 2],
        [SUCCEEDED, 7],
        [HELD, 1],
      ],
    ],
    [
      HELD,
      [
        [HELD, 2],
        [FAILED, 7],
      ],
    ],
    [
      FAILED,
      [
        [FAILED, 1],
        [CANCELLED, 2],
        [SUCCEEDED, 2],
      ],
    ],
    [
      CANCELLED,
      [
        [CANCELLED, 1],
        [SUCCEEDED, 2],
      ],
    ],
    [SUCCEEDED, [[SUCCEEDED, 2]]],
  ])('%s', (state, states) => {
    expect(sweepState(sweep(states))).toBe(state);
  });

  test('what calls for a look comes first', () => {
    const states = [
      [SUCCEEDED, 4],
      [QUEUED, 4],
      [RUNNING, 2],
      [FAILED, 1],
      [HELD, 1],
    ] as const;
    expect(progress(sweep(states))).toBe('5/12 done: 1 failed, 1 held, 2 running, 4 queued');
    expect(progress(sweep([[SUCCEEDED, 3]]))).toBe('3/3 done');
  });
});

test.each([60, 80, 200])('lists fit into %i columns', (columns) => {
  const page = of(ListResponse, {
    runs: [
      run({
        id: 7,
        state: FAILED,
        overrides: Array(9).fill('optim.lr=0.001'),
        reason: { code: '', text: 'x'.repeat(90) },
      }),
      run({ id: 99, state: QUEUED, sweepId: 4, job: 12, overrides: ['model=large', 'optim.lr=1e-3'] }),
    ],
    sweeps: [
      sweep(
        [
          [RUNNING, 2],
          [FAILED, 30],
          [QUEUED, 968],
        ],
        { firstRunId: 20, axes: 'model × optim.lr × seed' },
      ),
    ],
  });
  const style = { width: columns, now: 1e12, paint: noColour };
  const manner = { quiet: false, filtered: false };
  const folded = listed(page, [], { ...manner, opened: false }).text(style);
  expect(folded.map((line) => line.trim().split(' ')[0])).toEqual(['ID', '7', 's4', '99']);
  for (const line of folded) expect(width(line)).toBeLessThanOrEqual(columns);
  for (const line of listed(page, [], { ...manner, opened: true })
    .text(style)
    .slice(1))
    expect(width(line)).toBeLessThanOrEqual(columns);
});

test('of many jobs those that are next, and those to which something happened last', () => {
  const jobs = [
    ...[0, 1, 2].map((job) =>
      run({ id: job + 1, job, sweepId: 1, state: SUCCEEDED, startedAtMs: 100 - job }),
    ),
    ...[3, 4, 5].map((job) => run({ id: job + 1, job, sweepId: 1, state: QUEUED })),
    run({ id: 7, job: 6, sweepId: 1, state: RUNNING }),
  ];
  const short = inShort(of(ListResponse, { runs: jobs.toReversed() }), 2);
  expect(short.runs.map(({ job }) => job).sort()).toEqual([0, 1, 3, 4, 6]);
  expect(short.more).toEqual([
    { state: QUEUED, count: 1 },
    { state: SUCCEEDED, count: 1 },
  ]);
});
