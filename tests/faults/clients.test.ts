import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Calls } from '../helpers/calls.js';
import { Home } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { probe } from '../helpers/probe.js';
import { Scene } from '../helpers/storm.js';

let scene: Scene;
let calls: Calls;

afterEach(async () => {
  calls.close();
  await scene.home.close();
});

/** Moments at which expctl is killed, in ms after its start: while it starts, in the call, after its answer. */
const MOMENTS = [5, 30, 45, 60, 75, 90, 120, 200];

test('kill -9 of expctl in the middle of submit: none or one run, and the same again makes it one', async () => {
  scene = new Scene(new Home());
  calls = new Calls(scene.home.socket);
  await scene.start();
  for (const ms of MOMENTS) {
    const argv = probe({ effects: scene.effects, lines: 3, seconds: 0, end: 0 });
    const words = ['submit', '-q', '--key', `killed-${ms}`, '--', ...argv];
    await killedAfter(ms, words);
    const runId = Number(await scene.home.ok(...words));
    scene.acknowledged.push({ runId, argv, cwd: scene.home.project, key: `killed-${ms}` });
  }
  expect(scene.query('SELECT id FROM runs')).toHaveLength(MOMENTS.length);
  await scene.settle();
  assertInvariants(scene, scene.acknowledged);
});

type From = 'running' | 'queued' | 'held' | 'over';

test.each<[From, slots: number, verbs: [verb: string, ...args: string[]][]]>([
  ['running', 16, [['cancel'], ['pause'], ['wait'], ['logs', '-f']]],
  ['queued', 1, [['hold'], ['edit', '--priority', '5'], ['tag', 'new'], ['note', 'new']]],
  ['held', 1, [['release']]],
  ['over', 8, [['retry'], ['resume'], ['rerun'], ['rm']]],
])(
  'kill -9 of expctl at any moment of what is asked of a run that is %s: done or not, and it can be said again',
  async (from, slots, verbs) => {
    scene = new Scene(new Home(), slots);
    calls = new Calls(scene.home.socket);
    await scene.start();
    if (slots === 1) {
      const blocker = await scene.submit(calls, { seconds: 600 });
      await scene.home.untilState(blocker.runId, 'running');
    }
    for (const [verb, ...args] of verbs)
      for (const ms of [30, 60, 100]) await saidAgain(from, ms, verb, args);
    for (const run of scene.acknowledged) await scene.meddle(calls, 'cancel', run);
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  },
);

async function saidAgain(from: From, ms: number, verb: string, args: string[]): Promise<void> {
  const run = await scene.submit(calls, { seconds: from === 'running' ? 600 : 0, end: 1 });
  if (from === 'held') await calls.act('hold', run.runId);
  await scene.home.untilState(run.runId, from === 'over' ? 'failed' : from);
  const words = [verb, String(run.runId), ...args];
  await killedAfter(ms, words);
  if (verb === 'cancel') run.cancelled = true;
  if (verb === 'wait' || verb === 'logs') return; // they change nothing
  const again = await scene.home.expctl(words);
  // Refused, in one line, where the first one had done it.
  expect([0, 1, 3]).toContain(again.code);
  if (again.code !== 0) expect(again.stderr.trim().split('\n')).toHaveLength(1);
  if (verb === 'rm') run.removed = true;
  expect(scene.query(`SELECT 1 FROM runs WHERE id = ${run.runId}`)).toHaveLength(verb === 'rm' ? 0 : 1);
}

async function killedAfter(ms: number, words: string[]): Promise<void> {
  const expctl = scene.home.spawnExpctl(words);
  const over = once(expctl, 'exit');
  await Promise.race([pause(ms), over]);
  expctl.kill('SIGKILL');
  await over;
}
