import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { until } from '../helpers/until.js';
import {
  alive,
  command,
  logOf,
  makeAttempt,
  PATH,
  processesOf,
  run,
  SHIM,
  scratch,
  sh,
  startedOf,
} from './attempt.js';

const word = (args: string[], env = {}) => spawnSync(SHIM, args, { encoding: 'utf8', env: { PATH, ...env } });

test('version names the protocol and the sources it was built from', () => {
  const files = readdirSync('native').sort();
  const hash = createHash('sha256');
  for (const kind of ['.c', '.h'])
    for (const file of files.filter((name) => name.endsWith(kind)))
      hash.update(readFileSync(join('native', file)));
  expect(word(['version']).stdout).toBe(`expshim 1 ${hash.digest('hex')}\n`);
});

test.each([
  [[]],
  [['run']],
  [['kill', 'x']],
  [['kill', 'x', 'NOPE']],
  [['watch', 'x', '1']],
  [['watch', '0', '1']],
  [['launcher', 'x']],
])('wrong usage: %j', (args) => {
  expect(word(args).status).toBe(64);
});

test('kill finds the processes of one attempt alone, wherever they went, also with a long environment', async () => {
  const long = Array.from({ length: 40 }, (_, i) => `V${i}=${'EXPD_ATTEMPT_ID='.repeat(200)}`);
  const attempt = sh('(setsid sleep 99 &); sleep 99 & echo ready; exec sleep 99', { env: long });
  const other = sh('echo ready; exec sleep 99');
  const both = [run(attempt), run(other)];
  for (const each of [attempt, other]) await until('ready', () => logOf(each).includes('ready'));
  expect(processesOf(attempt, 'CONT')).toBe(3);
  expect(word(['kill', attempt.id.slice(0, -1), 'KILL']).stdout).toBe('0\n');
  expect(word(['kill', attempt.id, 'KILL'], { EXPD_ATTEMPT_ID: attempt.id }).stdout).toBe('3\n');
  await both[0]?.over;
  expect(alive(startedOf(other).main.pid)).toBe(true);
  command(other, 'cK');
  await both[1]?.over;
});

test('watch waits for exactly that process', async () => {
  const attempt = sh('exec sleep 99');
  const { over, started } = run(attempt);
  await started;
  const { main } = startedOf(attempt);
  expect(word(['watch', String(main.pid), String(main.start + 1)]).status).toBe(3);
  expect(word(['watch', '999999999', '1']).status).toBe(3);
  const watch = spawn(SHIM, ['watch', String(main.pid), String(main.start)]);
  const watched = new Promise((done) => watch.on('exit', done));
  await until('it waits', () => /poll/.test(readFileSync(`/proc/${watch.pid}/wchan`, 'utf8')));
  expect(watch.exitCode).toBeNull();
  command(attempt, 'cK');
  expect(await watched).toBe(0);
  await over;
  expect(word(['watch', String(main.pid), String(main.start)]).status).toBe(3);
});

const RECEIVER = `use Socket; socket S, PF_UNIX, SOCK_DGRAM, 0; my $n = $ARGV[0]; $n =~ s/^@/\\0/;
  bind S, pack("S a*", AF_UNIX, $n) or die $!; $| = 1; print "bound\\n";
  for (1, 2) { recv S, my $m, 4096, 0; $m =~ s/\\n/|/g; print "$m\\n" }`;

test.each(['path', 'abstract'])('notify reaches a %s socket and waits until it was taken', async (kind) => {
  const name = kind === 'path' ? join(scratch(), 'notify') : `@expshim-test-${process.pid}`;
  const receiver = spawn('perl', ['-e', RECEIVER, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(receiver.stdout)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('bound');
  const sender = spawn(SHIM, ['notify', 'READY=1\nMAINPID=7'], { env: { NOTIFY_SOCKET: name } });
  const sent = new Promise((done) => sender.on('exit', done));
  expect((await lines.next()).value).toBe('READY=1|MAINPID=7');
  expect((await lines.next()).value).toBe('BARRIER=1');
  expect(await sent).toBe(0);
});

test('notify without a listener', () => {
  expect(word(['notify', 'READY=1']).status).toBe(0);
  expect(word(['notify', 'READY=1'], { NOTIFY_SOCKET: 'relative' }).status).toBe(1);
  expect(word(['notify', 'READY=1'], { NOTIFY_SOCKET: '/no/such/socket' })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('No such file'),
  });
});

test('an argument list as long as the kernel takes', async () => {
  const args = Array.from({ length: 20_000 }, (_, i) => `argument-${i}`);
  const attempt = makeAttempt(['perl', '-e', 'print scalar @ARGV', ...args]);
  await run(attempt).over;
  expect(logOf(attempt)).toBe('20000');
  expect(execFileSync('getconf', ['ARG_MAX'], { encoding: 'utf8' }).trim()).not.toBe('');
});
