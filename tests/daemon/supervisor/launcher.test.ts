import { chmodSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { until } from '../../helpers/until.js';
import { DaemonChild } from './child.js';
import { sh, World } from './world.js';

const fields = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');

test('the launcher stands apart: its own session, no environment, no directory of anybody', async () => {
  const world = new World();
  const pid = (await world.open()).launcherPid!;
  await until('it runs its program', () =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('launcher'),
  );
  const [, , group, session] = fields(pid);
  expect([group, session]).toEqual([`${pid}`, `${pid}`]);
  expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).toBe('');
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
});

test('it ends with its daemon, whether that closes or is killed', async () => {
  const world = new World();
  const executor = await world.open();
  const pid = executor.launcherPid!;
  await executor.close();
  await until('it is gone', () => !existsSync(`/proc/${pid}`));
  const daemon = await DaemonChild.start(world);
  const order = await world.order(sh('echo $PPID > shim; while [ ! -e go ]; do sleep 0.01; done'));
  daemon.send({ do: 'prepare', order });
  await daemon.answer('prepared');
  daemon.send({ do: 'launch', attemptId: order.attemptId });
  const { process: live } = await world.fact('started', order.attemptId);
  const launcher = Number(fields(live.shim.pid)[1]);
  expect(readFileSync(`/proc/${launcher}/cmdline`, 'latin1')).toContain('launcher');
  await daemon.kill();
  await until('the launcher is gone', () => !existsSync(`/proc/${launcher}`) || fields(launcher)[0] === 'Z');
  expect(existsSync(`/proc/${live.shim.pid}`)).toBe(true);
});

test('it is killed over a request that it has not read: nothing runs, and the next start works', async () => {
  const world = new World();
  const executor = await world.open();
  const lasting = await world.order(sh('while [ ! -e go ]; do sleep 0.01; done; exit 12'));
  await executor.prepare(lasting);
  executor.launch(lasting.attemptId);
  await world.fact('started', lasting.attemptId);
  const pid = executor.launcherPid!;
  process.kill(pid, 'SIGSTOP');
  await until('it stands still', () => fields(pid)[0] === 'T');
  const unread = await world.order(sh('touch ran'));
  await executor.prepare(unread);
  executor.launch(unread.attemptId);
  process.kill(pid, 'SIGKILL');
  expect((await world.ended(unread.attemptId)).ending).toEqual({
    seen: 'launchFailed',
    cause: 'the launcher ended with SIGKILL',
  });
  expect(existsSync(`${world.project}/ran`)).toBe(false);

  const next = await world.order(sh('exit 13'));
  await executor.prepare(next);
  executor.launch(next.attemptId);
  expect((await world.ended(next.attemptId)).ending).toMatchObject({ record: { code: 13 } });
  expect(executor.launcherPid).not.toBe(pid);
  writeFileSync(`${world.project}/go`, '');
  expect((await world.ended(lasting.attemptId)).ending).toMatchObject({ record: { code: 12 } });
});

test.each([
  [
    'its directory is open to others',
    (dir: string) => chmodSync(dir, 0o755),
    'the attempt directory is not usable',
  ],
  [
    'its spec is torn',
    (dir: string) => writeFileSync(`${dir}/spec`, 'v=1'),
    'the attempt has no usable spec',
  ],
])('an attempt that the shim refuses, since %s, failed to launch', async (_, damage, cause) => {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(sh('touch ran'));
  await executor.prepare(order);
  damage(world.dir(order.attemptId));
  executor.launch(order.attemptId);
  expect((await world.ended(order.attemptId)).ending).toEqual({ seen: 'launchFailed', cause });
  expect(existsSync(`${world.project}/ran`)).toBe(false);
});

test('50 attempts at a time: each is told once, in order', async () => {
  const world = new World();
  const executor = await world.open();
  const orders = await Promise.all(Array.from({ length: 50 }, (_, i) => world.order(sh(`exit ${i}`))));
  for (const order of orders) await executor.prepare(order);
  for (const { attemptId } of orders) executor.launch(attemptId);
  const ends = await Promise.all(orders.map(({ attemptId }) => world.ended(attemptId)));
  expect(ends.map(({ ending }) => ending.seen === 'exit' && ending.record.code)).toEqual(
    orders.map((_, i) => i),
  );
  for (const { attemptId } of orders)
    expect(world.facts.filter((fact) => fact.attemptId === attemptId).map(({ fact }) => fact)).toEqual([
      'started',
      'ended',
    ]);
});
