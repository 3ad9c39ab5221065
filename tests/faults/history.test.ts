import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { RunState } from '../../src/gen/expd/v1/runs.js';
import { Calls, Refused } from '../helpers/calls.js';
import { Home } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { type Call, isLinearizable, type Model } from '../helpers/linearizable.js';
import { generator, newSeed, pick, Scene } from '../helpers/storm.js';
import { until } from '../helpers/until.js';

/** A held run, as its clients see it: nothing moves it but their calls. */
interface Held {
  is: 'held' | 'cancelled' | 'removed';
  note: string;
}

type Ask = { do: 'note'; text: string } | { do: 'cancel' | 'get' | 'remove' };
type Answer = { is: 'done' } | { is: 'refused' } | Held;

const RUN: Model<Held, Ask, Answer> = {
  initial: { is: 'held', note: '' },
  step(state, ask) {
    const done = (next: Held) => ({ state: next, answer: { is: 'done' } as const });
    const refused = { state, answer: { is: 'refused' } as const };
    if (state.is === 'removed') return refused;
    switch (ask.do) {
      case 'note':
        return done({ ...state, note: ask.text });
      case 'get':
        return { state, answer: state };
      case 'cancel':
        return state.is === 'held' ? done({ ...state, is: 'cancelled' }) : refused;
      case 'remove':
        return state.is === 'cancelled' ? done({ is: 'removed', note: '' }) : refused;
    }
  },
};

const at = (called: number, returned: number, ask: Ask, answer?: Answer): Call<Ask, Answer> => ({
  ask,
  answer,
  called,
  returned,
});
const note = (text: string): Ask => ({ do: 'note', text });
const DONE: Answer = { is: 'done' };

test.each<[string, boolean, Call<Ask, Answer>[]]>([
  [
    'one after the other',
    true,
    [at(0, 1, note('a'), DONE), at(2, 3, { do: 'get' }, { is: 'held', note: 'a' })],
  ],
  ['a stale read', false, [at(0, 1, note('a'), DONE), at(2, 3, { do: 'get' }, { is: 'held', note: '' })]],
  [
    'a read beside the write',
    true,
    [at(0, 5, note('a'), DONE), at(2, 3, { do: 'get' }, { is: 'held', note: '' })],
  ],
  [
    'an acknowledged write that is gone',
    false,
    [
      at(0, 1, note('a'), DONE),
      at(2, 3, note('b'), DONE),
      at(4, 5, { do: 'get' }, { is: 'held', note: 'a' }),
    ],
  ],
  [
    'a lost call that happened late',
    true,
    [
      at(0, Infinity, note('a')),
      at(2, 3, { do: 'get' }, { is: 'held', note: '' }),
      at(4, 5, { do: 'get' }, { is: 'held', note: 'a' }),
    ],
  ],
  [
    'a lost call that happened and was undone',
    false,
    [
      at(0, Infinity, note('a')),
      at(2, 3, { do: 'get' }, { is: 'held', note: 'a' }),
      at(4, 5, { do: 'get' }, { is: 'held', note: '' }),
    ],
  ],
  ['cancelled twice', false, [at(0, 1, { do: 'cancel' }, DONE), at(2, 3, { do: 'cancel' }, DONE)]],
  [
    'back from the dead',
    false,
    [
      at(0, 1, { do: 'cancel' }, DONE),
      at(2, 3, { do: 'remove' }, DONE),
      at(4, 5, { do: 'get' }, { is: 'cancelled', note: '' }),
    ],
  ],
])('the judge: %s', (_, fits, history) => expect(isLinearizable(history, RUN)).toBe(fits));

test('eight clients over a daemon that is killed: one order of all calls explains every answer', async () => {
  const scene = new Scene(new Home());
  onTestFinished(() => scene.home.close());
  const seed = newSeed('history');
  const random = generator(seed);
  const setUp = new Calls(scene.home.socket);
  await scene.start();
  const ids: number[] = [];
  for (let n = 0; n < 24; n++) ids.push(await held(scene, setUp));
  setUp.close();
  await scene.home.stop('SIGKILL');

  const histories = new Map<number, Call<Ask, Answer>[]>(ids.map((id) => [id, []]));
  let over = false;
  const clients = Array.from({ length: 8 }, (_, n) =>
    client(scene, ids, histories, generator(seed * 100 + n), () => over),
  );
  const made = (): number => [...histories.values()].reduce((sum, { length }) => sum + length, 0);
  for (let lives = 0; lives < 8; lives++) {
    await scene.start();
    const enough = made() + 40 + random() * 40;
    await until('clients have called', () => made() > enough, 30_000);
    await scene.home.stop('SIGKILL');
  }
  over = true;
  await Promise.all(clients);

  const calls = [...histories.values()].flat();
  const lost = calls.filter(({ answer }) => answer === undefined).length;
  console.log(`${calls.length} calls, ${lost} without an answer`);
  expect(calls.length).toBeGreaterThan(300);
  expect(lost).toBeGreaterThan(0);
  for (const [id, history] of histories)
    expect(isLinearizable(history, RUN), `run ${id}: ${JSON.stringify(history)}`).toBe(true);

  const left = new Set(scene.query<{ id: number }>('SELECT id FROM runs').map(({ id }) => id));
  for (const run of scene.acknowledged)
    Object.assign(run, { cancelled: true, removed: !left.has(run.runId) });
  await scene.settle();
  assertInvariants(scene, scene.acknowledged);
});

async function held(scene: Scene, calls: Calls): Promise<number> {
  const argv = ['true'];
  const cwd = scene.home.project;
  const [result] = await calls.submit([{ argv, cwd, hold: true }], { PATH: '/usr/bin:/bin' });
  scene.acknowledged.push({ runId: result!.run!.id, argv, cwd, key: null });
  return result!.run!.id;
}

async function client(
  scene: Scene,
  ids: readonly number[],
  histories: Map<number, Call<Ask, Answer>[]>,
  random: () => number,
  over: () => boolean,
): Promise<void> {
  const calls = new Calls(scene.home.socket);
  for (let n = 0; !over(); n++) {
    if (!(await calls.connected())) continue;
    // The search grows with what is open; a run with much of that has shown enough.
    const fresh = ids.filter((id) => isFresh(histories.get(id)!));
    if (fresh.length === 0) break;
    const id = pick(random, fresh);
    const history = histories.get(id)!;
    const ask = pick(random, [...WRITES, ...READS]);
    const call = at(performance.now(), Infinity, ask === 'note' ? note(`${n}-${random()}`) : { do: ask });
    history.push(call);
    call.answer = await answered(calls, id, call.ask);
    if (call.answer !== undefined) call.returned = performance.now();
    else if (call.ask.do === 'get') history.splice(history.indexOf(call), 1); // it says nothing
  }
  calls.close();
}

const isFresh = (history: readonly Call<Ask, Answer>[]): boolean =>
  history.length < 90 && history.filter(({ answer }) => answer === undefined).length < 6;

const WRITES = ['note', 'note', 'note', 'note', 'note', 'note', 'cancel', 'remove'] as const;
const READS = Array.from({ length: 8 }, () => 'get' as const);

/** undefined: nobody knows whether it has happened. */
async function answered(calls: Calls, id: number, ask: Ask): Promise<Answer | undefined> {
  try {
    switch (ask.do) {
      case 'note':
        await calls.note(id, ask.text);
        return DONE;
      case 'cancel':
        await calls.act('cancel', id);
        return DONE;
      case 'remove':
        await calls.remove(id);
        return DONE;
      case 'get': {
        const run = await calls.get(id);
        return { is: run.state === RunState.RUN_STATE_HELD ? 'held' : 'cancelled', note: run.note };
      }
    }
  } catch (error) {
    if (error instanceof Refused || codeOf(error) === status.NOT_FOUND) return { is: 'refused' };
    return undefined;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
