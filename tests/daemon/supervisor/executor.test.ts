import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Submission } from '../../../src/daemon/run/submission.js';
import { CwdGone } from '../../../src/daemon/supervisor/executor.js';
import { isStopped } from '../../helpers/processes.js';
import { until } from '../../helpers/until.js';
import { sh, World } from './world.js';

/** Prepares and launches; the caller awaits facts. */
async function launch(world: World, argv: string[], submission: Partial<Submission> = {}) {
  const executor = await world.open();
  const order = await world.order(argv, submission);
  const prepared = await executor.prepare(order);
  executor.launch(order.attemptId);
  return { executor, prepared, id: order.attemptId };
}

test('an attempt runs in its directory, and its end is told with what it used', async () => {
  const world = new World();
  const { prepared, id, executor } = await launch(world, sh('echo "$EXPD_ATTEMPT_ID $PWD"; exit 3'));
  const started = await world.fact('started', id);
  expect(started.process.main.pid).toBeGreaterThan(0);
  const end = await world.ended(id);
  expect(end.ending).toMatchObject({
    seen: 'exit',
    record: { code: 3, signal: null, exec: true, stop: null },
  });
  expect(end.usage?.ranMs).toBeGreaterThanOrEqual(0);
  expect(end.usage?.maxRssBytes).toBeGreaterThan(0);
  expect(readFileSync(prepared.log, 'utf8')).toBe(`${id} ${world.project}\n`);
  expect(world.facts.map(({ fact }) => fact)).toEqual(['started', 'ended']);
  executor.settled(id);
  await until('the attempt directory is gone', () => !existsSync(world.dir(id)));
  expect(world.warnings).toEqual([]);
});

test('every exit code and a signal arrive as they were', async () => {
  const world = new World();
  const executor = await world.open();
  const codes = Array.from({ length: 256 }, (_, code) => code);
  for (const code of codes) {
    const order = await world.order(sh(`exit ${code}`));
    await executor.prepare(order);
    executor.launch(order.attemptId);
    const { ending } = await world.ended(order.attemptId);
    expect(ending).toMatchObject({ seen: 'exit', record: { code, signal: null } });
    executor.settled(order.attemptId);
  }
  const order = await world.order(sh('kill -SEGV $$'));
  await executor.prepare(order);
  executor.launch(order.attemptId);
  expect((await world.ended(order.attemptId)).ending).toMatchObject({
    record: { code: null, signal: 'SIGSEGV' },
  });
});

test('a program that is not there is refused by the system, not a failure of ours', async () => {
  const world = new World();
  const { id } = await launch(world, ['/nowhere/at/all']);
  expect((await world.ended(id)).ending).toMatchObject({
    seen: 'exit',
    record: { code: 127, exec: false, error: 'exec', errno: 'ENOENT' },
  });
});

test('a working directory that is gone before the start is told apart from causes of ours', async () => {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(sh('true'), { cwd: `${world.project}/gone` });
  await expect(executor.prepare(order)).rejects.toThrow(CwdGone);
  expect(existsSync(world.dir(order.attemptId))).toBe(false);
});

test('one that goes away between claim and exec is recorded by the shim', async () => {
  const world = new World();
  const executor = await world.open();
  const { mkdirSync, rmdirSync } = await import('node:fs');
  const cwd = `${world.project}/soon-gone`;
  mkdirSync(cwd);
  const order = await world.order(sh('true'), { cwd });
  await executor.prepare(order);
  rmdirSync(cwd);
  executor.launch(order.attemptId);
  const { ending } = await world.ended(order.attemptId);
  expect(ending).toMatchObject({ seen: 'exit', record: { exec: false, error: 'chdir', errno: 'ENOENT' } });
  expect(world.facts.map(({ fact }) => fact)).toEqual(['ended']);
});

test('discard leaves nothing of an attempt whose claim was refused', async () => {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(sh('true'));
  const prepared = await executor.prepare(order);
  await executor.discard(order.attemptId, prepared);
  expect(existsSync(world.dir(order.attemptId))).toBe(false);
  expect(existsSync(prepared.runDir)).toBe(false);
});

test('stop: cancel reaches the run, and the record says that it did', async () => {
  const world = new World();
  const { executor, id } = await launch(
    world,
    sh('trap "exit 7" TERM; : > ready; while :; do sleep 0.01; done'),
  );
  await world.fact('started', id);
  await world.ready();
  executor.stop(id, 'cancel');
  expect((await world.ended(id)).ending).toMatchObject({ record: { code: 7, stop: 'cancel' } });
});

test('a stop before the launch withdraws it: nothing is executed', async () => {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(sh(`touch ${world.root}/ran`));
  await executor.prepare(order);
  executor.stop(order.attemptId, 'cancel');
  executor.launch(order.attemptId);
  expect((await world.ended(order.attemptId)).ending).toEqual({ seen: 'neverStarted' });
  expect(readdirSync(world.dir(order.attemptId))).toEqual(['spec']);
  expect(existsSync(`${world.root}/ran`)).toBe(false);
});

test('a stop between launch and start is remembered and delivered', async () => {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(sh('sleep 1000'));
  await executor.prepare(order);
  executor.launch(order.attemptId);
  executor.stop(order.attemptId, 'drain');
  expect((await world.ended(order.attemptId)).ending).toMatchObject({ record: { stop: 'drain' } });
});

test('pause and continue: the tree stands still and goes on', async () => {
  const world = new World();
  const { executor, id, prepared } = await launch(
    world,
    sh('i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; sleep 0.01; done'),
  );
  const { process } = await world.fact('started', id);
  executor.pause(id);
  await until('stopped', () => isStopped(process.main.pid));
  const lines = readFileSync(prepared.log, 'utf8');
  executor.continue(id);
  await until('goes on', () => readFileSync(prepared.log, 'utf8').length > lines.length);
  executor.stop(id, 'cancel');
  expect((await world.ended(id)).ending).toMatchObject({ record: { stop: 'cancel', signal: 'SIGTERM' } });
});
