import { describe, expect, test } from 'vitest';
import { byTurn, type Machine, plan, type Waiting, whyWaiting } from '../../../src/daemon/scheduler/plan.js';
import { Turn } from '../../../src/daemon/scheduler/turn.js';

const NOW = 1_000_000;

const run = (id: number, more: Partial<Waiting> = {}): Waiting => ({
  id,
  priority: 0,
  group: 'default',
  project: '/p',
  beginAt: null,
  notBefore: null,
  codeUntil: null,
  after: [],
  sweep: null,
  experiment: { project: '/p', id: `train-${id}` },
  place: null,
  begun: false,
  request: { slots: 1 },
  ...more,
});

const machine = (more: Partial<Machine> = {}): Machine => ({
  slots: 2,
  freeSlots: 2,
  holders: [],
  draining: false,
  lowDisk: () => null,
  group: () => ({ limit: 0, running: 0 }),
  sweep: () => ({ limit: 0, running: 0 }),
  writer: () => null,
  keeper: () => null,
  dependency: () => 'met',
  ...more,
});

const ids = (runs: Waiting[]): number[] => runs.map(({ id }) => id);

describe('plan', () => {
  test('starts as many as there are slots, in turn', () => {
    expect(ids(plan([run(1), run(2), run(3)], machine(), NOW).starts)).toEqual([1, 2]);
  });

  test('nothing without a free slot', () => {
    expect(plan([run(1)], machine({ freeSlots: 0 }), NOW).starts).toEqual([]);
  });

  test('passes over what waits for something else', () => {
    const queue = [run(1, { beginAt: NOW + 5 }), run(2, { after: [{ on: 9, kind: 'afterok' }] }), run(3)];
    const result = plan(queue, machine({ dependency: () => 'pending' }), NOW);
    expect(ids(result.starts)).toEqual([3]);
    expect(result.wakeAt).toBe(NOW + 5);
  });

  test('wakes for the earliest of several times', () => {
    const queue = [
      run(1, { beginAt: NOW + 9 }),
      run(2, { notBefore: NOW + 4 }),
      run(3, { codeUntil: NOW + 7 }),
    ];
    expect(plan(queue, machine(), NOW)).toEqual({ starts: [], wakeAt: NOW + 4 });
  });

  test('a back-off set by a clock that has since gone back a year does not wait a year', () => {
    const queue = [run(1, { notBefore: NOW + 31_536_000_000 }), run(2, { codeUntil: NOW + 31_536_000_000 })];
    expect(ids(plan(queue, machine(), NOW).starts)).toEqual([1, 2]);
  });

  test('a group limit counts what this very plan starts', () => {
    const queue = [run(1, { group: 'g' }), run(2, { group: 'g' }), run(3)];
    const limited = machine({ group: (name) => ({ limit: name === 'g' ? 1 : 0, running: 0 }) });
    expect(ids(plan(queue, limited, NOW).starts)).toEqual([1, 3]);
  });

  test('of a sweep as many jobs as may run at a time, counting what runs and what this plan starts', () => {
    const queue = [
      ...[1, 2, 3].map((id) => run(id, { sweep: 4 })),
      run(5, { sweep: 5 }),
      run(6, { sweep: 4, beginAt: NOW + 9 }),
      run(7),
    ];
    const limits = machine({
      slots: 9,
      freeSlots: 9,
      sweep: (id) => (id === 4 ? { limit: 2, running: 1 } : { limit: 0, running: 7 }),
    });
    // What stands behind the limit needs no timer.
    expect(plan(queue, limits, NOW)).toEqual({ starts: [queue[0], queue[3], queue[5]], wakeAt: null });
  });

  test('thousands behind the limit of their sweep are passed over without a look', () => {
    const asked: number[] = [];
    const queue = Array.from({ length: 5000 }, (_, n) => run(n + 1, { sweep: 4 }));
    const limits = machine({
      sweep: (id) => {
        asked.push(id);
        return { limit: 1, running: 1 };
      },
    });
    expect(ids(plan([...queue, run(6000)], limits, NOW).starts)).toEqual([6000]);
    expect(asked).toEqual([4]);
  });

  test('an experiment has one writer at a time, also among those that start together', () => {
    const experiment = { project: '/p', id: 'base' };
    const queue = [run(1, { experiment }), run(2, { experiment }), run(3)];
    expect(ids(plan(queue, machine(), NOW).starts)).toEqual([1, 3]);
    const busy = machine({
      writer: (of) => (of.experiment.id === 'base' ? { run: 9, writes: true } : null),
    });
    expect(ids(plan(queue, busy, NOW).starts)).toEqual([3]);
    const elsewhere = { project: '/other', id: 'base' };
    expect(
      ids(plan([run(1, { experiment }), run(2, { experiment: elsewhere })], machine(), NOW).starts),
    ).toEqual([1, 2]);
  });

  test('nothing starts while draining, and nothing needs a timer', () => {
    expect(plan([run(1), run(2, { beginAt: NOW + 1 })], machine({ draining: true }), NOW)).toEqual({
      starts: [],
      wakeAt: null,
    });
  });

  test('a low disk stops the runs of that project alone', () => {
    const low = machine({ lowDisk: (project) => (project === '/full' ? 'low' : null) });
    expect(ids(plan([run(1, { project: '/full' }), run(2)], low, NOW).starts)).toEqual([2]);
  });
});

describe('why a run waits', () => {
  test.each<[string, Waiting, Partial<Machine>, string, RegExp]>([
    ['draining', run(1), { draining: true }, 'draining', /undrain/],
    ['low disk', run(1), { lowDisk: () => '/p: 3 MiB free' }, 'low_disk', /3 MiB/],
    ['begin', run(1, { beginAt: NOW + 60_000 }), {}, 'begin', /^not before \d\d:\d\d:\d\d$/],
    ['begin in days', run(1, { beginAt: NOW + 200_000_000 }), {}, 'begin', /^not before \d{4}-\d\d-\d\d /],
    [
      'dependency',
      run(1, { after: [{ on: 12, kind: 'afterok' }] }),
      { dependency: () => 'pending' },
      'dependency',
      /run 12/,
    ],
    [
      'failed dependency',
      run(1, { after: [{ on: 12, kind: 'afterok' }] }),
      { dependency: () => 'failed' },
      'dependency_failed',
      /run 12/,
    ],
    ['back-off', run(1, { notBefore: NOW + 10 }), {}, 'backoff', /tries again at/],
    ['code state', run(1, { codeUntil: NOW + 10 }), {}, 'code_state', /code/],
    [
      'sweep',
      run(1, { sweep: 4 }),
      { sweep: () => ({ limit: 2, running: 2 }) },
      'sweep_limit',
      /^2 of sweep s4 run already$/,
    ],
    [
      'experiment',
      run(1, { experiment: { project: '/p', id: 'base' } }),
      { writer: () => ({ run: 7, writes: true }) },
      'experiment_busy',
      /^experiment base is being written by run 7$/,
    ],
    [
      'experiment of a run that is not over',
      run(1, { experiment: { project: '/p', id: 'base' } }),
      { writer: () => ({ run: 7, writes: false }) },
      'experiment_busy',
      /^experiment base is that of run 7, which is not over$/,
    ],
    [
      'experiment of another daemon',
      run(1),
      { writer: () => ({ elsewhere: 'written on gpu2' }) },
      'experiment_busy',
      /^written on gpu2$/,
    ],
    [
      'group',
      run(1, { group: 'g' }),
      { group: () => ({ limit: 2, running: 2 }) },
      'group_limit',
      /group g: 2 of 2/,
    ],
    ['no slot', run(1), { freeSlots: 0, holders: [7, 8] }, 'no_free_slot', /2 of 2 in use by runs 7, 8/],
    ['nothing', run(1), {}, 'next', /next/],
  ])('%s', (_name, waiting, more, code, text) => {
    const reason = whyWaiting(waiting, machine(more), NOW);
    expect(reason.code).toBe(code);
    expect(reason.text).toMatch(text);
  });

  test('a run that plan starts is next, and the other way round', () => {
    const queue = [run(1), run(2, { beginAt: NOW + 1 }), run(3)];
    const { starts } = plan(queue, machine(), NOW);
    for (const waiting of queue)
      expect(starts.includes(waiting)).toBe(whyWaiting(waiting, machine(), NOW).code === 'next');
  });
});

describe('turn', () => {
  test('priority first, then age; an interrupted run gets its old place back', () => {
    const turn = new Turn();
    turn.load([run(3), run(1), run(2, { priority: 5 }), run(4, { priority: -1 })]);
    expect(ids([...turn.queue])).toEqual([2, 1, 3, 4]);
    turn.remove(1);
    expect(ids([...turn.queue])).toEqual([2, 3, 4]);
    turn.put(run(1));
    expect(ids([...turn.queue])).toEqual([2, 1, 3, 4]);
    expect(turn.ahead(3)).toBe(2);
  });

  test('stays sorted under random puts and removes', () => {
    const turn = new Turn();
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    const present = new Map<number, Waiting>();
    for (let step = 0; step < 2000; step++) {
      const id = random(200);
      if (random(3) === 0) {
        turn.remove(id);
        present.delete(id);
      } else {
        const waiting = run(id, { priority: random(5) - 2 });
        turn.put(waiting);
        present.set(id, waiting);
      }
    }
    expect(ids([...turn.queue])).toEqual(ids([...present.values()].sort(byTurn)));
  });
});
