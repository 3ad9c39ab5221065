import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { WatchResponse } from '../../src/gen/expd/v1/runs.js';
import { Calls } from '../helpers/calls.js';
import { assertInvariants } from '../helpers/invariants.js';
import { newSeed, Scene, storm } from '../helpers/storm.js';
import { until } from '../helpers/until.js';

vi.setConfig({ testTimeout: 480_000 });

let scene: Scene;
let calls: Calls;

afterEach(async () => {
  calls.close();
  await scene.home.close();
});

/** Follows the events from where it was, over every daemon there is, until it is told to stop. */
function follow(): { told: WatchResponse[]; stop(): Promise<void> } {
  const told: WatchResponse[] = [];
  let stream: ReturnType<Calls['watch']> | null = null;
  let going = true;
  const over = (async () => {
    for (let seq = 0; going; ) {
      if (!(await calls.connected()) || !going) continue;
      stream = calls.watch(seq, (one) => void told.push(one));
      seq = await stream.last;
    }
  })();
  const stop = (): Promise<void> => {
    going = false;
    stream?.cancel();
    return over;
  };
  onTestFinished(stop);
  return { told, stop };
}

test('a watcher over daemons that are killed hears every change once, in order, and nothing that did not happen', async () => {
  scene = new Scene();
  calls = new Calls(scene.home.socket);
  const { told, stop } = follow();
  const seed = newSeed('watcher');
  await storm(scene, {
    ...{ seed, runs: 40, submitters: 2, kills: 8, lifeMs: [20, 600], seconds: 0.2 },
    meddle: true,
  });
  await scene.start();
  const happened = scene.query<{ seq: number; run_id: number; kind: string; attempt: number }>(
    'SELECT seq, run_id, kind, attempt FROM run_events ORDER BY seq',
  );
  await until('the newest was heard', () => told.at(-1)?.event?.seq === happened.at(-1)?.seq);
  await stop();
  await scene.home.stop();
  const heard = told.map(({ event }) => event!);
  expect(heard.map(({ seq, runId, kind, attempt }) => ({ seq, run_id: runId, kind, attempt }))).toEqual(
    happened,
  );
  expect(happened.map(({ seq }) => seq)).toEqual(happened.map((_, n) => n + 1));
  expect(happened.length).toBeGreaterThan(3 * scene.acknowledged.length);
  assertInvariants(scene, scene.acknowledged);
});
