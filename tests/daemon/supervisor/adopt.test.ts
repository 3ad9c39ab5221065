import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Submission } from '../../../src/daemon/run/submission.js';
import { skipUnless } from '../../helpers/skip.js';
import { until } from '../../helpers/until.js';
import { DaemonChild } from './child.js';
import { SHIM, sh, World } from './world.js';

/** An attempt under a shim that no daemon of ours has launched; `under` may be strace. */
async function shimOf(
  world: World,
  argv: string[],
  {
    shim = SHIM,
    under = [],
    submission = {},
  }: { shim?: string; under?: string[]; submission?: Partial<Submission> } = {},
) {
  const executor = await world.open();
  const order = await world.order(argv, submission);
  const prepared = await executor.prepare(order);
  const [file, ...args] = [...under, shim, 'run', world.dir(order.attemptId)];
  const child = spawn(file!, args, { stdio: ['ignore', 'ignore', 'ignore'], detached: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { executor, prepared, id: order.attemptId, child };
}

const has = (world: World, id: string, file: string): boolean => existsSync(`${world.dir(id)}/${file}`);

test('a daemon killed with -9: the next one adopts what runs and learns the true code of what ended', async () => {
  const world = new World();
  const daemon = await DaemonChild.start(world);
  const lasting = await world.order(
    sh('i=0; while [ ! -e go ]; do i=$((i+1)); echo $i; sleep 0.01; done; exit 5'),
  );
  const ending = await world.order(sh(`while [ ! -e ended ]; do sleep 0.01; done; exit 42`));
  const logs: string[] = [];
  for (const order of [lasting, ending]) {
    daemon.send({ do: 'prepare', order });
    logs.push((await daemon.answer('prepared')).log);
    daemon.send({ do: 'launch', attemptId: order.attemptId });
    await world.fact('started', order.attemptId);
  }
  await daemon.kill();
  execFileSync('touch', [`${world.project}/ended`]);
  await until('one ends while no daemon runs', () => has(world, ending.attemptId, 'exit'));
  world.facts.length = 0;

  const executor = await world.open();
  executor.recover([world.unsettled(lasting.attemptId), world.unsettled(ending.attemptId)]);
  expect((await world.ended(ending.attemptId)).ending).toMatchObject({ seen: 'exit', record: { code: 42 } });
  const { process } = await world.fact('started', lasting.attemptId);
  expect(process.main.pid).toBeGreaterThan(0);
  execFileSync('touch', [`${world.project}/go`]);
  expect((await world.ended(lasting.attemptId)).ending).toMatchObject({ record: { code: 5 } });
  const lines = readFileSync(logs[0]!, 'utf8').trim().split('\n').map(Number);
  expect(lines).toEqual(lines.map((_, i) => i + 1));
});

test('what is lost with a daemon is not lost: it closes, and the run goes on', async () => {
  const world = new World();
  const first = await world.open();
  const order = await world.order(sh('while [ ! -e go ]; do sleep 0.01; done; exit 6'));
  await first.prepare(order);
  first.launch(order.attemptId);
  await world.fact('started', order.attemptId);
  await first.close();
  world.facts.length = 0;
  execFileSync('touch', [`${world.project}/go`]);
  const second = await world.open();
  second.recover([world.unsettled(order.attemptId)]);
  expect((await world.ended(order.attemptId)).ending).toMatchObject({ record: { code: 6 } });
});

test('a stop that was under way is sent again', async () => {
  const world = new World();
  const { executor, id } = await shimOf(
    world,
    sh('trap "exit 8" TERM; : > ready; while :; do sleep 0.01; done'),
  );
  await until('started', () => has(world, id, 'started'));
  await world.ready();
  executor.recover([world.unsettled(id, { stop: 'preempt' })]);
  expect((await world.ended(id)).ending).toMatchObject({ record: { code: 8, stop: 'preempt' } });
});

test('a start that the database knows is not told again', async () => {
  const world = new World();
  const { executor, id } = await shimOf(world, sh('exit 3'));
  await until('ended', () => has(world, id, 'exit'));
  const { main } = JSON.parse(readFileSync(`${world.dir(id)}/started`, 'utf8'));
  executor.recover([world.unsettled(id, { main })]);
  await world.ended(id);
  expect(world.facts.map(({ fact }) => fact)).toEqual(['ended']);
});

test('a process that SIGKILL does not end is told, and when that is over', async () => {
  const world = new World();
  const { executor, id } = await shimOf(world, sh('while [ ! -e go ]; do sleep 0.01; done'));
  await until('started', () => has(world, id, 'started'));
  executor.recover([world.unsettled(id)]);
  await world.fact('started', id);
  const stuck = { v: 1, attempt: id, pid: 77, start: 5, wchan: 'rpc_wait_bit_killable' };
  writeFileSync(`${world.dir(id)}/.stuck.new`, JSON.stringify(stuck));
  renameSync(`${world.dir(id)}/.stuck.new`, `${world.dir(id)}/stuck`);
  await until('told', () => world.facts.length === 2);
  rmSync(`${world.dir(id)}/stuck`);
  await until('told', () => world.facts.length === 3);
  expect(world.facts.slice(1)).toEqual([
    { fact: 'stuck', attemptId: id, stuck: { pid: 77, wchan: 'rpc_wait_bit_killable' } },
    { fact: 'stuck', attemptId: id, stuck: null },
  ]);
  execFileSync('touch', [`${world.project}/go`]);
  await world.ended(id);
});

test('a pause is sent again, and so is a continue that may have been lost', async () => {
  const world = new World();
  const { executor, id } = await shimOf(world, sh('while [ ! -e go ]; do sleep 0.01; done'));
  await until('started', () => has(world, id, 'started'));
  executor.recover([world.unsettled(id, { paused: true })]);
  const { process } = await world.fact('started', id);
  const state = () => /\) (.)/.exec(readFileSync(`/proc/${process.main.pid}/stat`, 'latin1'))?.[1];
  await until('paused', () => state() === 'T');
  await executor.close();
  const next = await world.open();
  next.recover([world.unsettled(id)]);
  await until('continued', () => state() !== 'T');
  execFileSync('touch', [`${world.project}/go`]);
  expect((await world.ended(id)).ending).toMatchObject({ record: { code: 0 } });
});

test('a shim stopped between claim and start is waited for, without a timer, and adopted', async () => {
  const world = new World();
  const { executor, id } = await shimOf(
    world,
    sh('echo once >> ran; while [ ! -e go ]; do sleep 0.01; done; exit 9'),
    {
      under: ['strace', '-o', '/dev/null', '-e', 'trace=linkat', '-e', 'inject=linkat:signal=SIGSTOP:when=1'],
    },
  );
  await until('the claim', () => has(world, id, 'claim'));
  const pid = await until('its shim stands still', () => stoppedShim(id));
  executor.recover([world.unsettled(id, { stop: null })]);
  // Adopted: whoever tries to take the claim now, or starts another shim, comes too late.
  const second = spawn(SHIM, ['run', world.dir(id)], { stdio: 'ignore' });
  expect((await once(second, 'exit'))[0]).toBe(75);
  expect(world.facts).toEqual([]);
  process.kill(pid, 'SIGCONT');
  await world.fact('started', id); // told while it runs, not with its end
  execFileSync('touch', [`${world.project}/go`]);
  expect((await world.ended(id)).ending).toMatchObject({ record: { code: 9 } });
  expect(world.facts.map(({ fact }) => fact)).toEqual(['started', 'ended']);
  expect(readFileSync(`${world.project}/ran`, 'utf8')).toBe('once\n');
});

test('an attempt that no shim took is given up for good: a late shim executes nothing', async () => {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(sh('touch ran'));
  await executor.prepare(order);
  executor.recover([world.unsettled(order.attemptId)]);
  expect((await world.ended(order.attemptId)).ending).toEqual({ seen: 'neverStarted' });
  const late = spawn(SHIM, ['run', world.dir(order.attemptId)], { stdio: 'ignore' });
  expect((await once(late, 'exit'))[0]).toBe(75);
  expect(existsSync(`${world.project}/ran`)).toBe(false);
});

test('of a shim and a daemon that both want it exactly one gets it, and it runs once or never', async () => {
  const world = new World();
  const executor = await world.open();
  for (let round = 0; round < 40; round++) {
    const order = await world.order(sh(`echo ${round} >> ran-${round}`));
    const id = order.attemptId;
    await executor.prepare(order);
    const shim = spawn(SHIM, ['run', world.dir(id)], { stdio: 'ignore' });
    const over = once(shim, 'exit');
    await new Promise((resolve) => setTimeout(resolve, (round % 8) / 4));
    executor.recover([world.unsettled(id)]);
    const { ending } = await world.ended(id);
    await over;
    const ran = existsSync(`${world.project}/ran-${round}`);
    expect([ending.seen, ran]).toEqual(ran ? ['exit', true] : ['neverStarted', false]);
  }
});

test('another boot: what has no record of its end was interrupted by the reboot, what has one keeps it', async () => {
  const world = new World();
  const cut = await shimOf(world, sh('sleep 1000'));
  const done = await shimOf(world, sh('exit 4'));
  await until('started', () => has(world, cut.id, 'started') && has(world, done.id, 'exit'));
  const { shim, main } = JSON.parse(readFileSync(`${world.dir(cut.id)}/started`, 'utf8'));
  process.kill(shim.pid, 'SIGKILL');
  process.kill(main.pid, 'SIGKILL');
  execFileSync(SHIM, ['kill', cut.id, 'SIGKILL']);
  const never = await world.order(sh('true'));
  await cut.executor.prepare(never);

  const executor = await world.open({ bootId: 'another' });
  const ids = [cut.id, done.id, never.attemptId];
  executor.recover(ids.map((id) => world.unsettled(id)));
  const ends = await Promise.all(ids.map((id) => world.ended(id)));
  expect(ends.map(({ ending }) => (ending.seen === 'exit' ? ending.record.code : ending.seen))).toEqual([
    'reboot',
    4,
    'reboot',
  ]);
});

skipUnless(process.arch === 'x64', 'the frozen binary is for x64')(
  'a shim of an older protocol is adopted, stopped and understood',
  async () => {
    const world = new World();
    const { executor, id } = await shimOf(
      world,
      sh('trap "exit 11" TERM; : > ready; while :; do sleep 0.01; done'),
      {
        shim: resolve('tests/fixtures/shim-v0/expshim-linux-x64'),
      },
    );
    await until('started', () => has(world, id, 'started'));
    executor.recover([world.unsettled(id)]);
    const { process } = await world.fact('started', id);
    expect(process.main.pid).toBeGreaterThan(0);
    await world.ready();
    executor.stop(id, 'drain');
    expect((await world.ended(id)).ending).toMatchObject({
      record: { code: 11, stop: 'drain', outside: null, oomKills: 0 },
    });
  },
);

function stoppedShim(id: string): number | undefined {
  const pids = execFileSync('sh', ['-c', 'ls /proc'], { encoding: 'utf8' })
    .split('\n')
    .filter((n) => /^\d+$/.test(n));
  return pids.map(Number).find((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
      const state = /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
      return args[0] === SHIM && args[2]?.endsWith(id) && (state === 'T' || state === 't');
    } catch {
      return false;
    }
  });
}
