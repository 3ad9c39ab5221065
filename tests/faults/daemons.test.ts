import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { isAlive } from '../../src/daemon/supervisor/identity.js';
import { Calls } from '../helpers/calls.js';
import { Home } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { killExactly, Scene } from '../helpers/storm.js';
import { until } from '../helpers/until.js';

let scene: Scene;
let calls: Calls;

afterEach(async () => {
  calls.close();
  await scene.home.close();
});

function stage(slots?: number): Home {
  scene = new Scene(new Home(), slots);
  calls = new Calls(scene.home.socket);
  return scene.home;
}

describe('two daemons', () => {
  test('the second one ends with 75 and touches nothing, also while the first one is stopped', async () => {
    const home = stage();
    const pid = await scene.start();
    const run = await scene.submit(calls, { seconds: 1, end: 3 });
    await home.untilState(run.runId, 'running');
    const first = home.daemon;
    for (const stopped of [false, true]) {
      if (stopped) process.kill(pid, 'SIGSTOP');
      const before = stopped ? digestOf(home.state) : '';
      const refused = await scene.start().catch((error: Error) => error.message);
      expect(refused).toMatch(/\(75\): expd: another expd has .*\n$/);
      if (stopped) expect(digestOf(home.state)).toBe(before);
      home.daemon = first;
      process.kill(pid, 'SIGCONT');
      expect((await calls.get(run.runId)).id).toBe(run.runId);
    }
    await home.untilState(run.runId, 'failed');
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  });

  test('the socket of a dead one is taken over', async () => {
    const home = stage();
    await scene.start();
    await home.stop('SIGKILL');
    expect(existsSync(home.socket)).toBe(true);
    await scene.start();
    const run = await scene.submit(calls);
    await home.untilState(run.runId, 'succeeded');
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  });
});

test('what was half written is removed, also of an attempt whose directory in the state was not there yet', async () => {
  const home = stage();
  await scene.start();
  const run = await scene.submit(calls, { seconds: 600 });
  await home.untilState(run.runId, 'running');
  await home.stop('SIGKILL');
  const [id = ''] = scene.attempts();
  const { shim, main } = scene.started(id)!;
  killExactly(main);
  await until('the end is recorded', () => existsSync(join(scene.state, 'attempts', id, 'exit')));
  await until('the shim is gone', () => !isAlive(shim));
  rmSync(join(scene.state, 'attempts', id), { recursive: true });
  const { dir } = scene.query<{ dir: string }>('SELECT run_dir AS dir FROM attempts')[0]!;
  const torn = [
    join(dir, '.status.json.0123456789ab.tmp'),
    join(dir, '.expd/attempts/1/.config.yaml.ab0123456789.tmp'),
  ];
  for (const path of torn) writeFileSync(path, 'half');
  await scene.start();
  expect(torn.filter((path) => existsSync(path))).toEqual([]);
  await scene.meddle(calls, 'cancel', run);
  await scene.settle();
  assertInvariants(scene, scene.acknowledged);
});

describe('a damaged database', () => {
  test('is refused in one line with the recipe, and a copy is kept', async () => {
    const home = stage();
    await scene.start();
    await scene.submit(calls);
    await scene.settle();
    overwrite(home.state, 0, Buffer.from('these are no bytes of a database'));
    for (const _ of ['first', 'again']) {
      const refused = String(await scene.start().catch((error: Error) => error.message)).trim();
      expect(refused).toMatch(/expd\.db is damaged: .*a copy is in .*expd\.db\.corrupt-.*backup/);
      expect(refused.split('\n')).toHaveLength(1);
    }
    home.daemon = null;
  });

  test('a byte of a submission that has flipped: the run is held, never executed', async () => {
    const home = stage(1);
    await scene.start();
    const blocker = await scene.submit(calls, { seconds: 600 });
    const victim = await scene.submit(calls, { lines: 31_337 });
    await home.untilState(blocker.runId, 'running');
    await home.stop();
    const at = readFileSync(join(home.state, 'expd.db')).indexOf('"31337"');
    expect(at).toBeGreaterThan(0);
    overwrite(home.state, at, Buffer.from('"31338"'));
    await scene.start();
    await scene.meddle(calls, 'cancel', blocker);
    const held = await home.untilState(victim.runId, 'held');
    expect(held.reason?.code).toBe('spec_corrupt');
    const executed = scene.query<{ n: number }>(
      `SELECT count(*) AS n FROM attempts WHERE run_id = ${victim.runId}`,
    );
    expect(executed).toEqual([{ n: 0 }]);
  });
});

describe('shim and run', () => {
  test('the shim is killed: its run goes on, nobody invents its end, and the run is executed again', async () => {
    const home = stage();
    await scene.start();
    const run = await scene.submit(calls, { seconds: 1, end: 0, lines: 10 });
    await home.untilState(run.runId, 'running');
    const [id = ''] = scene.attempts();
    killExactly(scene.started(id)!.shim);
    await home.untilState(run.runId, 'succeeded');
    const ends = scene.query<{ cause: string; code: number | null }>(
      `SELECT json_extract(outcome, '$.cause') AS cause, json_extract(outcome, '$.code') AS code FROM attempts ORDER BY number`,
    );
    expect(ends).toEqual([
      { cause: 'supervisor_lost', code: null },
      { cause: 'exit', code: 0 },
    ]);
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  });

  test('a cancel that races the end gives one final state, which is the true one', async () => {
    stage(8);
    await scene.start();
    const racers = Array.from({ length: 200 }, async (_, n) => {
      const run = await scene.submit(calls, { seconds: 0.02, end: n % 3 });
      await scene.meddle(calls, 'cancel', run);
    });
    await Promise.all(racers);
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
    const states = scene
      .query<{ state: string }>('SELECT DISTINCT state FROM runs')
      .map(({ state }) => state);
    expect(states).toContain('cancelled');
  });
});

test('ten thousand queued runs: submitted, listed and cancelled', async () => {
  const home = stage(1);
  const pid = await scene.start();
  const blocker = await scene.submit(calls, { seconds: 600 });
  await home.untilState(blocker.runId, 'running');
  const many = Array.from({ length: 10_000 }, (_, n) => ({ argv: ['true', String(n)], cwd: home.project }));
  for (let at = 0; at < many.length; at += 500) {
    const results = await calls.submit(many.slice(at, at + 500), { PATH: '/usr/bin:/bin' });
    expect(results.every(({ run }) => run !== undefined)).toBe(true);
  }
  const { runs } = await calls.list({ pageSize: 1000 });
  expect(runs).toHaveLength(1000);
  expect(runs[0]!.id).toBe(10_001);
  // The figure itself is a benchmark's; here, that it does not run away.
  expect(rssMiB(pid)).toBeLessThan(140);
  expect((await home.expctl(['cancel', '2-10001'])).code).toBe(0);
  expect((await home.expctl(['cancel', '1'])).code).toBe(0);
  // Ten thousand answers at once take room for a while.
  expect(rssMiB(pid)).toBeLessThan(180);
  await until('all are cancelled', () => openRuns() === 0, 30_000);
  blocker.cancelled = true;
  await scene.settle();
});

const openRuns = (): number =>
  scene.query<{ n: number }>('SELECT count(*) AS n FROM runs WHERE ended_at IS NULL')[0]!.n;

const rssMiB = (pid: number): number =>
  Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

/** Of everything that a daemon keeps, but for its log. */
const digestOf = (state: string): string =>
  ['expd.db', 'expd.db-wal']
    .map((name) =>
      createHash('sha256')
        .update(readFileSync(join(state, name)))
        .digest('hex'),
    )
    .join();

function overwrite(state: string, at: number, bytes: Buffer): void {
  const file = openSync(join(state, 'expd.db'), 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}
