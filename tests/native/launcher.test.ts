import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../helpers/until.js';
import {
  alive,
  claimDropped,
  command,
  exitOf,
  has,
  logOf,
  makeAttempt,
  processesOf,
  run,
  scratch,
  sh,
  startedOf,
} from './attempt.js';
import { launcher } from './launcher.js';

test('started, then gone, for every attempt', async () => {
  const l = launcher();
  const attempts = Array.from({ length: 40 }, (_, i) => sh(`exit ${i}`));
  for (const attempt of attempts) l.start(attempt);
  await Promise.all(attempts.map((attempt) => l.line(`gone ${attempt.id} 0`)));
  for (const [i, attempt] of attempts.entries()) {
    expect(l.lines.filter((line) => line.includes(attempt.id))).toEqual([
      `started ${attempt.id}`,
      `gone ${attempt.id} 0`,
    ]);
    expect(exitOf(attempt).code).toBe(i);
  }
  expect(await l.close()).toBe(0);
});

test('requests may come in pieces', async () => {
  const l = launcher();
  const attempt = sh('exit 0');
  const bytes = `${attempt.dir}\0`;
  l.process.stdin?.write(bytes.slice(0, 7));
  await new Promise((done) => l.process.stdin?.write(bytes.slice(7), done));
  await l.line(`gone ${attempt.id} 0`);
  await l.close();
});

test('a shim that cannot run says why by its status', async () => {
  const l = launcher();
  l.process.stdin?.write('/no/such/attempt\0');
  expect(await l.line('gone')).toBe('gone attempt 66');
  const attempt = sh('sleep 99');
  l.start(attempt);
  await l.line(`started ${attempt.id}`);
  l.start(attempt);
  expect(await l.line(`gone ${attempt.id}`)).toBe(`gone ${attempt.id} 75`);
  process.kill(startedOf(attempt).shim.pid, 'SIGKILL');
  await l.line(`gone ${attempt.id} -9`);
  // Between gate and exec it would not have its environment yet.
  await until('its processes are found', () => processesOf(attempt, 'KILL') > 0);
  await l.close();
});

test('neither its pipes nor its standard streams reach shim or run', async () => {
  const l = launcher();
  const attempt = sh('ls -l /proc/$$/fd; exec sleep 99');
  l.start(attempt);
  await l.line('started');
  const { shim } = startedOf(attempt);
  const pipes = () =>
    readdirSync(`/proc/${shim.pid}/fd`)
      .map((fd) => readlinkSync(`/proc/${shim.pid}/fd/${fd}`))
      .filter((to) => /^(socket|pipe):/.test(to));
  await until('the shim holds no pipe', () => pipes().length === 0);
  await until('the listing', () => logOf(attempt).includes(' 2 -> '));
  expect(logOf(attempt)).not.toMatch(/socket:|pipe:/);
  command(attempt, 'c');
  await l.line('gone');
  await l.close();
});

test.each(['the end of its input', 'SIGKILL', 'SIGTERM'])('shims outlive %s of the launcher', async (how) => {
  const l = launcher();
  const attempt = sh('trap "exit 3" TERM; echo ready; while :; do sleep 0.02; done');
  l.start(attempt);
  await l.line('started');
  await until('ready', () => logOf(attempt).includes('ready'));
  const over = new Promise((done) => l.process.on('exit', done));
  if (how.startsWith('SIG')) l.process.kill(how as NodeJS.Signals);
  else l.process.stdin?.end();
  await over;
  const { shim, main } = startedOf(attempt);
  expect([alive(shim.pid), alive(main.pid)]).toEqual([true, true]);
  const dropped = claimDropped(attempt);
  command(attempt, 'c');
  await dropped;
  expect(exitOf(attempt)).toMatchObject({ code: 3, stop: 'cancel' });
});

test('a daemon that does not read holds up neither the runs nor, later, their lines', async () => {
  const l = launcher();
  l.process.stdout?.pause();
  const root = scratch();
  // More than the socket and the reader's own buffer (64 KiB) take together.
  const ids = Array.from({ length: 800 }, (_, i) => String(i).padStart(64, 'x'));
  const many = ids.map((id) => makeAttempt(['true'], { linger_ms: 0 }, root, id));
  for (const attempt of many) l.start(attempt);
  await until('every run ended', () => many.every((attempt) => has(attempt, 'exit')), 30_000);
  expect(l.lines).toEqual([]);
  l.process.stdout?.resume();
  await until('every line', () => l.lines.length >= 1600);
  expect(l.lines.toSorted()).toEqual(ids.flatMap((id) => [`started ${id}`, `gone ${id} 0`]).toSorted());
  for (const id of ids)
    expect(l.lines.indexOf(`started ${id}`)).toBeLessThan(l.lines.indexOf(`gone ${id} 0`));
  await l.close();
});

test('of fifty shims for one attempt one executes it', async () => {
  for (let round = 0; round < 4; round++) {
    const attempt = sh('echo ran; sleep 0.2');
    const ends = await Promise.all(Array.from({ length: 50 }, () => run(attempt).over));
    expect(ends.sort()).toEqual([0, ...Array<number>(49).fill(75)]);
    expect(logOf(attempt)).toBe('ran\n');
    expect(readdirSync(attempt.dir).sort()).toEqual(['claim', 'ctl', 'exit', 'spec', 'started']);
  }
});

test('a shim that is killed drops its claim; the run goes on and can be found', async () => {
  const attempt = sh('echo ready; (setsid sleep 99 &); exec sleep 99');
  const { over } = run(attempt);
  await until('the run', () => has(attempt, 'started') && logOf(attempt).includes('ready'));
  const { shim, main } = startedOf(attempt);
  const dropped = claimDropped(attempt);
  process.kill(shim.pid, 'SIGKILL');
  await dropped;
  expect(await over).toBe('SIGKILL');
  expect(has(attempt, 'exit')).toBe(false);
  expect(alive(main.pid)).toBe(true);
  expect(() => command(attempt, 'c')).toThrow('ENXIO');
  expect(processesOf(attempt, 'KILL')).toBe(2);
  await until('its end', () => !alive(main.pid));
});

test('a shim whose directory was removed ends with its run', async () => {
  const l = launcher();
  const attempt = sh('while [ -e $EXPD_ATTEMPT_ID/spec ]; do sleep 0.02; done');
  l.start(attempt);
  await l.line('started');
  rmSync(attempt.dir, { recursive: true });
  expect(await l.line('gone')).toBe(`gone ${attempt.id} 66`);
  await l.close();
});

test('a shim is small', async () => {
  const attempt = sh('exec sleep 99');
  const l = launcher();
  l.start(attempt);
  await l.line('started');
  const status = readFileSync(join('/proc', String(startedOf(attempt).shim.pid), 'status'), 'utf8');
  expect(Number(status.match(/VmRSS:\s*(\d+) kB/)?.[1])).toBeLessThan(1024);
  command(attempt, 'cK');
  await l.line('gone');
  await l.close();
});
