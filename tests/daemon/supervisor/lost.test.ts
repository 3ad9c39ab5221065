import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import type { Submission } from '../../../src/daemon/run/submission.js';
import { identify, isAlive } from '../../../src/daemon/supervisor/identity.js';
import { commandLine } from '../../helpers/processes.js';
import { skipUnless } from '../../helpers/skip.js';
import { until } from '../../helpers/until.js';
import { SHIM, sh, World } from './world.js';

async function running(argv: string[], submission: Partial<Submission> = {}) {
  const world = new World();
  const executor = await world.open();
  const order = await world.order(argv, submission);
  await executor.prepare(order);
  const id = order.attemptId;
  executor.launch(id);
  const { process: live } = await world.fact('started', id);
  if (argv.at(-1)?.includes(': > ready')) await world.ready();
  return { world, executor, id, live };
}

/** How many processes name the attempt in their environment. */
const processesOf = (id: string): number =>
  Number(execFileSync(SHIM, ['kill', id, 'SIGCONT'], { encoding: 'utf8' }));

test('the supervisor dies, the run goes on to its end; how it ended nobody knows', async () => {
  const { world, id, live } = await running(sh('while [ ! -e go ]; do sleep 0.01; done; echo end > ended'));
  process.kill(live.shim.pid, 'SIGKILL');
  await world.fact('supervisorLost', id);
  expect(isAlive(live.main)).toBe(true);
  writeFileSync(`${world.project}/go`, '');
  const end = await world.ended(id);
  expect(end.ending).toEqual({ seen: 'supervisorLost' });
  expect(readFileSync(`${world.project}/ended`, 'utf8')).toBe('end\n');
  expect(world.facts.map(({ fact }) => fact)).toEqual(['started', 'supervisorLost', 'ended']);
});

test('what the lost run left behind is ended before its end is told', async () => {
  const { world, id, live } = await running(sh('setsid sleep 1000 & while [ ! -e go ]; do sleep 0.01; done'));
  process.kill(live.shim.pid, 'SIGKILL');
  await world.fact('supervisorLost', id);
  await until('the grandchild', () => processesOf(id) >= 2);
  writeFileSync(`${world.project}/go`, '');
  await world.ended(id);
  expect(processesOf(id)).toBe(0);
});

test('a lost run is stopped by SIGTERM, and the stop is its reason', async () => {
  const { world, executor, id, live } = await running(
    sh('trap "echo saved > saved; exit 0" TERM; : > ready; while :; do sleep 0.01; done'),
  );
  process.kill(live.shim.pid, 'SIGKILL');
  await world.fact('supervisorLost', id);
  executor.stop(id, 'preempt');
  executor.stop(id, 'cancel');
  expect((await world.ended(id)).ending).toEqual({ seen: 'supervisorLost', stop: 'cancel' });
  expect(readFileSync(`${world.project}/saved`, 'utf8')).toBe('saved\n');
});

test('one that ignores SIGTERM goes after its grace', async () => {
  const { world, executor, id, live } = await running(
    sh('trap "" TERM; : > ready; while :; do sleep 0.01; done'),
    {
      graceMs: 300,
    },
  );
  process.kill(live.shim.pid, 'SIGKILL');
  await world.fact('supervisorLost', id);
  const before = performance.now();
  executor.stop(id, 'cancel');
  await world.ended(id);
  expect(performance.now() - before).toBeGreaterThan(290);
  expect(processesOf(id)).toBe(0);
});

test('the time limit holds without its supervisor; a stop that was under way goes on', async () => {
  const limited = await running(sh('while :; do sleep 0.01; done'), { timeLimitMs: 1500, graceMs: 500 });
  process.kill(limited.live.shim.pid, 'SIGKILL');
  expect((await limited.world.ended(limited.id)).ending).toEqual({ seen: 'supervisorLost', stop: 'timeout' });

  const stopped = await running(sh('trap "" TERM; : > ready; while :; do sleep 0.01; done'), {
    graceMs: 300,
  });
  stopped.executor.stop(stopped.id, 'stall');
  process.kill(stopped.live.shim.pid, 'SIGKILL');
  expect((await stopped.world.ended(stopped.id)).ending).toEqual({ seen: 'supervisorLost', stop: 'stall' });
});

test('a lost run is still lost for the next daemon, which watches and stops it', async () => {
  const { world, executor, id, live } = await running(sh('while :; do sleep 0.01; done'));
  process.kill(live.shim.pid, 'SIGKILL');
  await world.fact('supervisorLost', id);
  await executor.close();
  world.facts.length = 0;
  const next = await world.open();
  next.recover([world.unsettled(id, { stop: 'cancel', main: live.main })]);
  await world.fact('supervisorLost', id);
  expect((await world.ended(id)).ending).toEqual({ seen: 'supervisorLost', stop: 'cancel' });
});

test('the main process had ended before its supervisor was killed: its code is known', async () => {
  const { world, id, live } = await running(sh('setsid sleep 1000 & exit 21'));
  await until('the record', () => existsSync(`${world.dir(id)}/main`));
  process.kill(live.shim.pid, 'SIGKILL');
  expect((await world.ended(id)).ending).toMatchObject({ seen: 'exit', record: { code: 21 } });
  expect(processesOf(id)).toBe(0);
});

test('the attempt directory is deleted under a run: it is known by what the database knows', async () => {
  const { world, executor, id, live } = await running(sh('while [ ! -e go ]; do sleep 0.01; done'));
  await executor.close();
  world.facts.length = 0;
  rmSync(world.dir(id), { recursive: true });
  const next = await world.open();
  next.recover([world.unsettled(id, { main: live.main })]);
  await world.fact('supervisorLost', id);
  writeFileSync(`${world.project}/go`, '');
  expect((await world.ended(id)).ending).toEqual({ seen: 'supervisorLost' });
});

test('a stranger with the pid of a main process that ended is never signalled', async () => {
  const world = new World();
  const stranger = spawn('sleep', ['1000']);
  onTestFinished(() => void stranger.kill());
  await once(stranger, 'spawn');
  const { pid, start } = identify(stranger.pid ?? 0)!;
  const executor = await world.open();
  const order = await world.order(sh('true'), { graceMs: 0 });
  await executor.prepare(order);
  const id = order.attemptId;
  const reused = { pid, start: start - 1 };
  const { bootId } = world.unsettled(id);
  writeFileSync(`${world.dir(id)}/claim`, '');
  writeFileSync(
    `${world.dir(id)}/started`,
    JSON.stringify({ v: 1, attempt: id, boot: bootId, shim: reused, main: reused, at: 1, cgroup: null }),
  );
  executor.recover([world.unsettled(id, { stop: 'cancel', main: reused })]);
  expect((await world.ended(id)).ending).toEqual({ seen: 'supervisorLost' });
  expect(isAlive({ pid, start })).toBe(true);
});

const GARBAGE: [string, (path: string, whole: Buffer) => void][] = [
  ['cut off', (path, whole) => writeFileSync(path, whole.subarray(0, whole.length - 20))],
  ['empty', (path) => writeFileSync(path, '')],
  ['NULs', (path, whole) => writeFileSync(path, Buffer.alloc(whole.length))],
  ['garbage', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d]))],
  [
    "another attempt's",
    (path, whole) => writeFileSync(path, whole.toString().replace(/"attempt":"../, '"attempt":"zz')),
  ],
  ['a directory', (path) => mkdirSync(path)],
  ['a link', (path) => symlinkSync('/dev/null', path)],
];

test.each(GARBAGE)('an exit record that is %s: the end is unknown, not code 0', async (_, damage) => {
  const { world, executor, id } = await running(sh('exit 0'));
  await world.ended(id);
  await executor.close();
  world.facts.length = 0;
  const path = `${world.dir(id)}/exit`;
  const whole = readFileSync(path);
  unlinkSync(path);
  damage(path, whole);
  const next = await world.open();
  next.recover([world.unsettled(id)]);
  expect((await world.ended(id)).ending).toEqual({ seen: 'supervisorLost' });
});

test.each(GARBAGE)(
  'a started record that is %s: a living shim is adopted and stopped all the same',
  async (_, damage) => {
    const { world, executor, id } = await running(
      sh('trap "exit 3" TERM; : > ready; while :; do sleep 0.01; done'),
    );
    await executor.close();
    world.facts.length = 0;
    const path = `${world.dir(id)}/started`;
    const whole = readFileSync(path);
    unlinkSync(path);
    damage(path, whole);
    const next = await world.open();
    next.recover([world.unsettled(id, { stop: 'cancel' })]);
    expect((await world.ended(id)).ending).toMatchObject({
      seen: 'exit',
      record: { code: 3, stop: 'cancel' },
    });
  },
);

test('a claim that is no FIFO any more has no living shim; the main process is still found', async () => {
  const { world, executor, id, live } = await running(sh('while [ ! -e go ]; do sleep 0.01; done'));
  await executor.close();
  world.facts.length = 0;
  unlinkSync(`${world.dir(id)}/claim`);
  writeFileSync(`${world.dir(id)}/claim`, 'garbage');
  process.kill(live.shim.pid, 'SIGKILL');
  const next = await world.open();
  next.recover([world.unsettled(id)]);
  await world.fact('supervisorLost', id);
  writeFileSync(`${world.project}/go`, '');
  expect((await world.ended(id)).ending).toEqual({ seen: 'supervisorLost' });
});

skipUnless(process.getuid?.() === 0 && existsSync('/sys/fs/cgroup'), 'making cgroups needs root')(
  'a process that hides its environment and its parent is ended by its cgroup',
  async () => {
    const { world, executor, id, live } = await running(
      sh('setsid env -i /bin/sleep 1234 & while [ ! -e go ]; do sleep 0.01; done'),
    );
    expect(executor.cgroups.dir).not.toBeNull();
    expect(live.cgroup).toBe(executor.cgroups.of(id));
    const members = (): number[] =>
      readFileSync(`${live.cgroup}/cgroup.procs`, 'utf8').trim().split('\n').map(Number);
    const hidden = await until('the hidden process', () =>
      members().find((pid) => commandLine(pid) === '/bin/sleep\x001234\0'),
    );
    const identity = identify(hidden)!;
    process.kill(live.shim.pid, 'SIGKILL');
    await world.fact('supervisorLost', id);
    writeFileSync(`${world.project}/go`, '');
    await world.ended(id);
    await until('it is gone', () => !isAlive(identity));
    executor.settled(id);
    await until('its cgroup is gone', () => !existsSync(live.cgroup!));
  },
);

skipUnless(process.getuid?.() === 0 && existsSync('/sys/fs/cgroup'), 'making cgroups needs root')(
  'a damaged record that names a cgroup of others ends nobody there',
  async () => {
    const { world, executor, id } = await running(sh('while :; do sleep 0.01; done'));
    const other = await world.order(sh('while [ ! -e go ]; do sleep 0.01; done; exit 5'));
    await executor.prepare(other);
    executor.launch(other.attemptId);
    const { process: stranger } = await world.fact('started', other.attemptId);
    await executor.close();
    const path = `${world.dir(id)}/started`;
    const record = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...record, cgroup: stranger.cgroup }));
    process.kill(record.shim.pid, 'SIGKILL');
    process.kill(record.main.pid, 'SIGKILL');
    const next = await world.open();
    next.recover([world.unsettled(id), world.unsettled(other.attemptId)]);
    await world.ended(id);
    writeFileSync(`${world.project}/go`, '');
    expect((await world.ended(other.attemptId)).ending).toMatchObject({ seen: 'exit', record: { code: 5 } });
  },
);
