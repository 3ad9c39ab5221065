import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../helpers/until.js';
import {
  command,
  exitOf,
  has,
  logOf,
  makeAttempt,
  PATH,
  run,
  runToEnd,
  scratch,
  sh,
  startedOf,
} from './attempt.js';

describe('the end of the main process is recorded exactly', () => {
  test('every exit code', async () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    for (const some of [codes.slice(0, 64), codes.slice(64, 128), codes.slice(128, 192), codes.slice(192)]) {
      const ends = await Promise.all(some.map((code) => runToEnd(sh(`exit ${code}`))));
      expect(ends.map((end) => end.code)).toEqual(some);
      expect(ends.every((end) => end.signal === null && end.exec)).toBe(true);
    }
  });

  test.each([
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'ABRT',
    'FPE',
    'KILL',
    'USR1',
    'SEGV',
    'PIPE',
    'ALRM',
    'TERM',
    'XCPU',
  ])('death by SIG%s is no exit code', async (name) => {
    const end = await runToEnd(sh(`kill -${name} $$; exit 0`));
    expect(end).toMatchObject({ code: null, signal: `SIG${name}`, stop: null, outside: null });
  });

  test('a realtime signal has its name', async () => {
    expect(await runToEnd(makeAttempt(['perl', '-e', 'kill 37, $$; sleep 9']))).toMatchObject({
      signal: 'SIGRTMIN+3',
    });
  });

  test('exit 137 is not SIGKILL', async () => {
    expect(await runToEnd(sh('exit 137'))).toMatchObject({ code: 137, signal: null });
  });

  test('the identities in the records are those of the run', async () => {
    const attempt = sh('cut -d" " -f22 /proc/$$/stat; echo $$; cat /proc/sys/kernel/random/boot_id');
    const end = await runToEnd(attempt);
    const [start, pid, boot] = logOf(attempt).trim().split('\n');
    expect({ pid: end.pid, start: end.start, boot: end.boot }).toEqual({
      pid: Number(pid),
      start: Number(start),
      boot,
    });
    expect(startedOf(attempt)).toMatchObject({
      attempt: attempt.id,
      boot,
      main: { pid: end.pid, start: end.start },
    });
  });
});

describe('a command that cannot be executed', () => {
  test.each([
    ['missing', '/no/such/program', 127, 2],
    ['missing on the PATH', 'no-such-program-anywhere', 127, 2],
    ['a directory', '/tmp', 126, 13],
    ['an empty name', '', 127, 2],
  ])('%s', async (_, file, code, errno) => {
    expect(await runToEnd(makeAttempt([file]))).toMatchObject({
      code,
      exec_errno: errno,
      exec: false,
      error: null,
    });
  });

  test('not executable; and no program, which is not given to a shell', async () => {
    const root = scratch();
    writeFileSync(join(root, 'plain'), 'exit 0\n');
    expect(await runToEnd(makeAttempt([join(root, 'plain')]))).toMatchObject({
      code: 126,
      exec_errno: 13,
      exec: false,
    });
    chmodSync(join(root, 'plain'), 0o755);
    expect(await runToEnd(makeAttempt([join(root, 'plain')]))).toMatchObject({
      code: 126,
      exec_errno: 8,
      exec: false,
    });
  });

  test.each([
    ['chdir', 2, { cwd: '/no/such/directory' }],
    ['log', 2, { log: '/no/such/directory/log' }],
    ['log', 6, { log: 'fifo' }],
    ['log', 40, { log: 'link' }],
  ])('what fails before it is ours: %s, errno %i', async (error, errno, keys) => {
    const root = scratch();
    execFileSync('sh', ['-c', 'mkfifo fifo; ln -s /dev/null link'], { cwd: root });
    const log = 'log' in keys && !keys.log.startsWith('/') ? { log: join(root, keys.log) } : {};
    const attempt = makeAttempt(['true'], { ...keys, ...log });
    const running = run(attempt);
    expect(await running.started).toBeUndefined();
    expect(await running.over).toBe(0);
    expect(exitOf(attempt)).toMatchObject({
      error,
      exec_errno: errno,
      exec: false,
      code: null,
      signal: null,
      pid: null,
    });
    expect(has(attempt, 'started')).toBe(false);
  });

  test('a torn, foreign or incomplete spec is refused before the claim', async () => {
    for (const spec of [
      'v=1\0attempt=a\0cwd=/\0log=relative\0arg=true\0',
      'v=1\0attempt=../a\0cwd=/\0log=/x\0arg=true\0',
      'v=2\0attempt=a\0cwd=/\0log=/x\0arg=true\0',
      'v=1\0attempt=a\0cwd=/\0log=/x\0arg=tr',
      'v=1\0',
      '',
    ]) {
      const attempt = makeAttempt(['true']);
      writeFileSync(join(attempt.dir, 'spec'), spec);
      expect(await run(attempt).over).toBe(65);
      expect(has(attempt, 'claim')).toBe(false);
    }
  });

  test('a directory that others may enter is refused', async () => {
    const attempt = makeAttempt(['true']);
    chmodSync(attempt.dir, 0o755);
    expect(await run(attempt).over).toBe(66);
  });
});

describe('what the run gets', () => {
  test('its arguments, whatever they hold', async () => {
    const odd = ['a b', 'line\nbreak', '$(id)', '🚀', "'", '"', '\\', '', '--', '=', '\x7f\t'];
    const attempt = makeAttempt(['perl', '-e', 'print join("\\0", @ARGV)', '--', ...odd]);
    await runToEnd(attempt);
    expect(logOf(attempt).split('\0')).toEqual(odd);
  });

  test('the environment of the spec and nothing else', async () => {
    const odd = ['EMPTY=', 'EQUALS=a=b', 'LINE=a\nb', `LONG=${'x'.repeat(100_000)}`];
    const attempt = makeAttempt(['env', '-0'], { env: odd });
    await runToEnd(attempt);
    expect(logOf(attempt).split('\0').slice(0, -1)).toEqual([
      `PATH=${PATH}`,
      `EXPD_ATTEMPT_ID=${attempt.id}`,
      ...odd,
    ]);
  });

  test('a program by its own PATH', async () => {
    const root = scratch();
    writeFileSync(join(root, 'mine'), '#!/bin/sh\necho found\n', { mode: 0o755 });
    const attempt = makeAttempt(['mine'], {}, root);
    writeFileSync(
      join(attempt.dir, 'spec'),
      readFileSync(join(attempt.dir, 'spec'), 'utf8').replace(`PATH=${PATH}`, `PATH=/nowhere::${root}`),
    );
    await runToEnd(attempt);
    expect(logOf(attempt)).toBe('found\n');
  });

  test('three descriptors, its own process group, every signal at its default', async () => {
    const attempt = sh(
      'for f in /proc/$$/fd/*; do [ -L $f ] && echo ${f##*/} $(readlink $f); done;' +
        '[ $(cut -d" " -f5 /proc/$$/stat) = $$ ] && echo leader; grep -E "^Sig(Blk|Ign)" /proc/self/status',
    );
    // The shim itself is started with more than it should pass on.
    const leaky = '$^F = 99; open F, "</dev/zero"; open G, "</dev/zero"; $SIG{INT} = "IGNORE"; exec @ARGV';
    await runToEnd(attempt, ['perl', '-e', leaky]);
    expect(logOf(attempt)).toBe(
      `0 /dev/null\n1 ${attempt.log}\n2 ${attempt.log}\nleader\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n`,
    );
  });

  test('stdout and stderr in one file in order, or in two', async () => {
    const script = 'for i in 1 2 3; do echo out $i; echo err $i >&2; done';
    const one = sh(script);
    await runToEnd(one);
    expect(logOf(one)).toBe('out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n');
    const errlog = join(scratch(), 'err');
    const two = sh(script, { errlog });
    await runToEnd(two);
    expect([logOf(two), readFileSync(errlog, 'utf8')]).toEqual([
      'out 1\nout 2\nout 3\n',
      'err 1\nerr 2\nerr 3\n',
    ]);
  });

  test('a log that exists is continued', async () => {
    const attempt = sh('echo second');
    writeFileSync(attempt.log, 'first\n');
    await runToEnd(attempt);
    expect(logOf(attempt)).toBe('first\nsecond\n');
  });

  test('umask, nice, limits and the OOM score of the spec; our own files stay private', async () => {
    const attempt = sh('umask; nice; ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj', {
      umask: '027',
      nice: 7,
      rlimit: ['NOFILE:123:456', 'CORE:0:0', 'NOVELTY:1:2'],
    });
    await runToEnd(attempt);
    expect(logOf(attempt)).toBe('0027\n7\n123\n456\n0\n500\n');
    expect(statSync(attempt.log).mode & 0o777).toBe(0o640);
    for (const name of ['claim', 'ctl', 'started', 'exit'])
      expect(statSync(join(attempt.dir, name)).mode & 0o777).toBe(0o600);
  });

  test('a hard limit that may not be raised is kept', async () => {
    const attempt = sh('ulimit -Sn; ulimit -Hn', { rlimit: 'NOFILE:99999999999:inf' });
    const lowered = ['sh', '-c', 'ulimit -n 200; exec "$@"', '-'];
    await runToEnd(attempt, lowered); // for root NOFILE ends at fs.nr_open, for others at 200
    const [soft, hard] = logOf(attempt).trim().split('\n');
    expect(soft).toBe(hard);
    expect(Number(hard)).toBeGreaterThanOrEqual(200);
  });

  test('closed standard descriptors of the shim are not taken by its files', async () => {
    const attempt = sh('echo fine; exec sleep 99');
    const { over } = run(attempt, ['sh', '-c', 'exec "$@" <&- >&- 2>&-', '-']);
    await until('the run', () => has(attempt, 'started') && logOf(attempt) === 'fine\n');
    const { shim } = startedOf(attempt);
    expect([0, 1, 2].map((fd) => readlinkSync(`/proc/${shim.pid}/fd/${fd}`))).toEqual(
      Array(3).fill('/dev/null'),
    );
    command(attempt, 'c');
    await over;
  });
});
