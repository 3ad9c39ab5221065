import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { FAILPOINTS, type Failpoint } from '../../src/daemon/failpoint.js';
import { Calls } from '../helpers/calls.js';
import { assertInvariants } from '../helpers/invariants.js';
import { Scene } from '../helpers/storm.js';

let scene: Scene;
let calls: Calls;

afterEach(async () => {
  calls.close();
  await scene.home.close();
});

/** In which gap the daemon before has to die for this one to be reached. */
const BEFORE: Partial<Record<Failpoint, Failpoint>> = { afterTakingClaim: 'afterClaim' };

test.each(FAILPOINTS)('kill -9 at %s, at its first passage and at a later one', async (point) => {
  scene = new Scene();
  calls = new Calls(scene.home.socket);
  for (const passage of [1, point === 'afterTakingClaim' ? 1 : 4]) {
    const before = BEFORE[point];
    if (before !== undefined) await dieAt(before, 1);
    await dieAt(point, passage);
  }
  await scene.settle();
  expect(scene.acknowledged.length).toBeGreaterThan(1);
  assertInvariants(scene, scene.acknowledged);
});

/** A daemon that is given work until it dies in that gap. */
async function dieAt(point: Failpoint, passage: number): Promise<void> {
  const ready = scene.start({ EXPD_FAILPOINT: `${point}:${passage}` }).catch(() => {});
  const daemon = scene.home.daemon!;
  const died = once(daemon, 'exit');
  const submissions: Promise<unknown>[] = [];
  let dead = false;
  void died.then(() => {
    dead = true;
  });
  for (let n = 0; !dead && n < 40; n++) {
    const submitted = scene.submit(calls, { end: n % 3, lines: n, seconds: 0.01 }, n % 2 === 0);
    submissions.push(submitted);
    await Promise.race([submitted, died]);
  }
  await Promise.race([died, once(AbortSignal.timeout(20_000), 'abort')]);
  expect(dead, `${point} was reached ${passage} times`).toBe(true);
  expect(daemon.signalCode).toBe('SIGKILL');
  await ready;
  scene.home.daemon = null;
}
