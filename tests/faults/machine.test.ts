import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Calls } from '../helpers/calls.js';
import { Home, processesWith } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { childrenOf, has, inBoot, ROOT } from '../helpers/machine.js';
import { signalAll } from '../helpers/processes.js';
import { SHIM } from '../helpers/seeded.js';
import { skipUnless } from '../helpers/skip.js';
import { killExactly, Scene } from '../helpers/storm.js';
import { until } from '../helpers/until.js';

const namespaces = skipUnless(ROOT && has('unshare', '--version'), 'namespaces need root');
const FAKETIME = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(existsSync);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function stage(slots = 4): { home: Home; scene: Scene; calls: Calls } {
  const home = new Home();
  const calls = new Calls(home.socket);
  closers.push(
    () => home.close(),
    () => calls.close(),
  );
  return { home, scene: new Scene(home, slots), calls };
}

namespaces('a reboot interrupts every attempt, and each run goes on once', async () => {
  const { home, scene, calls } = stage();
  const { command } = home;
  home.command = inBoot('11111111-1111-4111-8111-111111111111', join(home.dir, 'boot-1'), command);
  await scene.start();
  const long = await Promise.all([1, 2, 3].map(() => scene.submit(calls, { seconds: 600, lines: 8 })));
  const short = await scene.submit(calls, { end: 3 });
  const queued = await Promise.all([1, 2].map(() => scene.submit(calls, { end: 1 })));
  for (const { runId } of long) await home.untilState(runId, 'running');
  await home.untilState(short.runId, 'failed');

  await home.stop('SIGKILL');
  for (const id of scene.attempts())
    for (const one of Object.values(processesOf(scene, id))) killExactly(one);
  await until('the machine is off', () => {
    const left = processesWith(`HOME=${home.dir}`);
    signalAll(left);
    return left.length === 0;
  });

  home.command = inBoot('22222222-2222-4222-8222-222222222222', join(home.dir, 'boot-2'), command);
  await scene.start();
  for (const { runId } of long) {
    await runsAgain(scene, runId);
    expect(causesOf(scene, runId)).toEqual(['reboot', null]);
    await calls.act('cancel', runId);
  }
  for (const run of long) run.cancelled = true;
  for (const { runId } of [short, ...queued])
    expect((await home.untilState(runId, 'failed')).attempt).toBe(1);
  await scene.settle();
  assertInvariants(scene, scene.acknowledged);
});

namespaces('a stranger who got the pid of a run that is over is left alone', async () => {
  const { home, scene, calls } = stage();
  const { inside, enter } = await pidNamespace();
  home.command = [...enter, ...home.command];
  await scene.start();
  const [waited, stopped] = [
    await scene.submit(calls, { seconds: 600 }),
    await scene.submit(calls, { seconds: 600 }),
  ];
  for (const { runId } of [waited, stopped]) await home.untilState(runId, 'running');
  const ids = [waited, stopped].map(({ runId }) => attemptOf(scene, runId));
  const processes = ids.map((id) => processesOf(scene, id));
  await calls.act('pause', stopped.runId);

  signalAll(childrenOf(home.daemon!.pid!));
  await once(home.daemon!, 'exit');
  home.daemon = null;
  for (const { shim } of processes) inside('kill', '-9', String(shim.pid));
  for (const { main } of processes) inside('kill', '-9', String(main.pid));
  // As long as a process of its group lives, nobody gets the pid of its leader.
  for (const id of ids) inside(SHIM, 'kill', id, 'KILL');
  await until('their pids are free', () =>
    processes.every(({ main }) => inside('kill', '-0', String(main.pid)).status !== 0),
  );
  const strangers = processes.map(({ main }) => takePid(enter, main.pid));

  await scene.start();
  for (const { runId } of [waited, stopped]) {
    await runsAgain(scene, runId);
    expect(causesOf(scene, runId)).toEqual(['supervisor_lost', null]);
  }
  for (const run of [waited, stopped]) await scene.meddle(calls, 'cancel', run);
  for (const { runId } of [waited, stopped]) await home.untilState(runId, 'cancelled');
  for (const stranger of strangers) expect(stranger()).toBe(true);
  signalAll(childrenOf(home.daemon!.pid!), 'SIGTERM');
  await once(home.daemon!, 'exit');
  home.daemon = null;
  assertInvariants(scene, scene.acknowledged);
});

skipUnless(FAKETIME !== undefined, 'needs libfaketime')(
  'a clock that jumps a year neither ends a run nor keeps one from starting',
  async () => {
    const { home, scene, calls } = stage();
    const clock = join(home.dir, 'clock');
    const jump = (to: string): void => writeFileSync(clock, `${to}\n`);
    jump('+0');
    await scene.start({
      LD_PRELOAD: FAKETIME!,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    const limited = await submitLimited(scene, calls);
    await home.untilState(limited, 'running');
    for (const to of ['+1y', '-1y', '+0']) {
      jump(to);
      const run = await scene.submit(calls, { end: 2 });
      await home.untilState(run.runId, 'failed');
      expect((await calls.get(limited)).startedAtMs).toBeGreaterThan(0);
      expect(await stateOf(scene, limited)).toBe('running');
    }
    await calls.act('cancel', limited);
    await home.untilState(limited, 'cancelled');
    // Events are in the order of what happened, whatever their times say.
    const kinds = scene.query<{ kind: string }>(
      `SELECT kind FROM run_events WHERE run_id = ${limited} ORDER BY seq`,
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'submitted',
      'claimed',
      'spawned',
      'stop_requested',
      'ended',
    ]);
    await scene.settle();
    assertInvariants(scene, [...scene.acknowledged, ...cancelledOnly(limited, scene)]);
  },
);

test('without descriptors: new work is refused, old work is kept, and it recovers', async () => {
  const { home, scene, calls } = stage();
  const pid = await scene.start();
  const running = await scene.submit(calls, { seconds: 1.5, end: 6, lines: 10 });
  await home.untilState(running.runId, 'running');
  const limit = (soft: number): void =>
    void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:`], { stdio: 'ignore' });
  limit(3);
  // Over the open connection, and over one that cannot be made.
  const another = new Calls(home.socket, 1500);
  const asked = { argv: ['true'], cwd: home.project, envSet: { ONE: 'new environment' } };
  const [first, second] = await Promise.allSettled([calls.submit([asked]), another.submit([asked])]);
  another.close();
  expect(first.status === 'rejected' || first.value[0]?.error !== undefined).toBe(true);
  expect(second.status).toBe('rejected');
  limit(20_000);
  expect((await home.untilState(running.runId, 'failed')).exitCode).toBe(6);
  const later = await scene.submit(calls);
  await home.untilState(later.runId, 'succeeded');
  await scene.settle();
  assertInvariants(scene, scene.acknowledged);
});

test('fifty runs under a daemon that is stopped for a while: all end, and are known within two seconds', async () => {
  const { home, scene, calls } = stage(50);
  const pid = await scene.start();
  const runs = await Promise.all(
    Array.from({ length: 50 }, (_, n) => scene.submit(calls, { seconds: 2 + n / 50, lines: 40, end: n % 7 })),
  );
  const executed = () => readdirSync(scene.effects).filter((name) => /^[0-9a-f]{32}$/.test(name));
  await until('all run', () => executed().length === 50, 30_000);
  process.kill(pid, 'SIGSTOP');
  const left = () => processesWith(`HOME=${home.dir}`).filter((other) => other !== pid);
  await until('all are over', () => left().length === 0, 30_000);
  process.kill(pid, 'SIGCONT');
  const open = 'SELECT count(*) AS n FROM runs WHERE ended_at IS NULL';
  await until('all ends are known', () => scene.query<{ n: number }>(open)[0]!.n === 0, 2000);
  expect(runs).toHaveLength(50);
  await scene.settle();
  assertInvariants(scene, scene.acknowledged);
});

const runsAgain = (scene: Scene, runId: number): Promise<unknown> =>
  until(
    `run ${runId} runs again`,
    async () => {
      const { state, attempt } = await scene.home.run(runId);
      return state === 'running' && attempt === 2;
    },
    30_000,
  );

const processesOf = (scene: Scene, attemptId: string) => {
  const started = scene.started(attemptId);
  if (started === null) throw new Error(`${attemptId} has not started`);
  return started;
};

const attemptOf = (scene: Scene, runId: number): string =>
  scene.query<{ id: string }>(`SELECT id FROM attempts WHERE run_id = ${runId} ORDER BY number DESC`)[0]!.id;

const causesOf = (scene: Scene, runId: number): (string | null)[] =>
  scene
    .query<{ cause: string | null }>(
      `SELECT json_extract(outcome, '$.cause') AS cause FROM attempts WHERE run_id = ${runId} ORDER BY number`,
    )
    .map(({ cause }) => cause);

const stateOf = async (scene: Scene, runId: number): Promise<string> =>
  scene.query<{ state: string }>(`SELECT state FROM runs WHERE id = ${runId}`)[0]!.state;

async function submitLimited(scene: Scene, calls: Calls): Promise<number> {
  const [result] = await calls.submit(
    [{ argv: ['sleep', '600'], cwd: scene.home.project, timeLimitMs: 60_000, graceMs: 1000 }],
    scene.home.env,
  );
  return result!.run!.id;
}

const cancelledOnly = (runId: number, scene: Scene) => [
  { runId, argv: ['sleep', '600'], cwd: scene.home.project, key: null, cancelled: true },
];

/** A pid namespace with an init of its own: how to execute something in it, and the words to start it so. */
async function pidNamespace() {
  const keeper = spawn(
    'unshare',
    ['--pid', '--fork', '--mount-proc', 'sh', '-c', 'while sleep 1; do :; done'],
    {
      stdio: 'ignore',
    },
  );
  closers.push(() => init !== undefined && process.kill(init, 'SIGKILL'));
  let init: number | undefined;
  init = await until('the namespace has its init', () => childrenOf(keeper.pid!)[0]);
  const enter = ['nsenter', '-t', String(init), '-p', '-m', '--'];
  await until(
    'its /proc is there',
    () => spawnSync(enter[0]!, [...enter.slice(1), 'test', '-e', '/proc/1/stat']).status === 0,
  );
  const inside = (...words: string[]) =>
    spawnSync(enter[0]!, [...enter.slice(1), ...words], { encoding: 'utf8' });
  return { inside, enter };
}

/** Starts a stranger at that very pid of a namespace, whose init forks now and then; the answer says whether it lives. */
function takePid([program, ...words]: string[], pid: number): () => boolean {
  const inside = (script: string) =>
    spawnSync(program!, [...words, 'sh', '-c', script], { encoding: 'utf8' });
  const take = `echo ${pid - 1} >/proc/sys/kernel/ns_last_pid; sleep 900 >/dev/null 2>&1 </dev/null & echo $!`;
  let taken = 0;
  for (let tries = 0; tries < 20 && taken !== pid; tries++) taken = Number(inside(take).stdout);
  expect(taken).toBe(pid);
  return () => inside(`kill -0 ${pid}`).status === 0;
}
