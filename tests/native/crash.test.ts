import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';
import {
  type Attempt,
  command,
  exitOf,
  has,
  logOf,
  makeAttempt,
  processesOf,
  run,
  runToEnd,
  SHIM,
  scratch,
  sh,
} from './attempt.js';

const straces = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const strace = skipUnless(straces, 'needs strace');
const compiles = spawnSync('cc', ['--version']).status === 0;

/** `strace` that does `what` to the shim alone, never to the run. */
const inject = (what: string): string[] => ['strace', '-qq', '-o', '/dev/null', '-e', `inject=${what}`];

const timesRun = (attempt: Attempt): number =>
  existsSync(attempt.log) ? logOf(attempt).split('ran\n').length - 1 : 0;

/** Opens the claim as a reader: 'none', 'held' or 'dropped'. */
function claim(attempt: Attempt): 'none' | 'held' | 'dropped' {
  let fd: number | undefined;
  try {
    fd = openSync(join(attempt.dir, 'claim'), constants.O_RDONLY | constants.O_NONBLOCK);
    readSync(fd, Buffer.alloc(1));
    return 'dropped';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'none';
    if (code === 'EAGAIN') return 'held';
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What PROTOCOL.md concludes from the directory. */
function judge(attempt: Attempt): 'over' | 'alive' | 'unclaimed' | 'never started' | 'unknown' {
  if (has(attempt, 'exit')) return 'over';
  const held = claim(attempt);
  if (held === 'none') return 'unclaimed';
  if (held === 'held') return 'alive';
  if (has(attempt, 'exit')) return 'over';
  return has(attempt, 'started') ? 'unknown' : 'never started';
}

/** As a restarting daemon: a claim that nobody took is taken, so that a late shim loses. True: queued again. */
function queuedAgain(attempt: Attempt): boolean {
  for (;;) {
    const verdict = judge(attempt);
    if (verdict !== 'unclaimed') return verdict === 'never started';
    try {
      closeSync(openSync(join(attempt.dir, 'claim'), 'wx', 0o600));
      return true;
    } catch {} // a shim was faster: look again
  }
}

describe('kill -9 of the shim', () => {
  strace(
    'at each of its system calls leaves a state that says what happened',
    async () => {
      const trace = join(scratch(), 'trace');
      await runToEnd(sh('echo ran; exit 7'), ['strace', '-qq', '-o', trace]);
      const calls = [...readFileSync(trace, 'utf8').matchAll(/^(\w+)\(/gm)].map(([, name]) => name!).slice(1);
      expect(calls.length).toBeGreaterThan(60);
      const seen = new Map<string, number>();
      const verdicts = new Map<string, number>();
      for (const call of calls) {
        const when = (seen.get(call) ?? (call === 'execve' ? 1 : 0)) + 1;
        seen.set(call, when);
        const attempt = sh('echo ran; exit 7');
        const point = `${call} ${when}`;
        await run(attempt, inject(`${call}:signal=KILL:when=${when}`)).over;
        await until(
          `nothing of it runs on, ${point}`,
          () => claim(attempt) !== 'held' && processesOf(attempt) === 0,
        );
        const verdict = judge(attempt);
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        const ran = timesRun(attempt);
        if (verdict === 'over') expect([point, ran, exitOf(attempt).code]).toEqual([point, 1, 7]);
        else if (verdict === 'unknown') expect([point, ran <= 1]).toEqual([point, true]);
        else expect([point, verdict, ran]).toEqual([point, verdict, 0]);
        for (const name of ['started', 'main', 'exit'])
          if (has(attempt, name)) JSON.parse(readFileSync(join(attempt.dir, name), 'utf8'));
        // A second shim: it runs what nobody claimed, and nothing else.
        const second = await run(attempt).over;
        expect([point, second, timesRun(attempt)]).toEqual(
          verdict === 'unclaimed' ? [point, 0, 1] : [point, 75, ran],
        );
      }
      expect([...verdicts.keys()].sort()).toEqual(['never started', 'over', 'unclaimed', 'unknown']);
    },
    120_000,
  );

  strace('while the run has descendants leaves the end of the main process', async () => {
    const attempt = sh('setsid sleep 99 & exit 7', { linger_ms: 60_000 });
    const { over } = run(attempt);
    const main = await until(
      'its end',
      () => has(attempt, 'main') && readFileSync(join(attempt.dir, 'main'), 'utf8'),
    );
    const { shim } = JSON.parse(readFileSync(join(attempt.dir, 'started'), 'utf8'));
    process.kill(shim.pid, 'SIGKILL');
    await over;
    expect(JSON.parse(main)).toMatchObject({ code: 7, signal: null });
    expect(processesOf(attempt, 'KILL')).toBe(1);
  });
});

/** Slowed at `call`, a shim is looked at when `after` is there. Whether it ran although it was queued again. */
async function doubled(shim: string, call: string, after: string | null): Promise<boolean> {
  const attempt = sh('echo ran');
  const { over } = run(attempt, inject(`${call}=60000`), shim);
  let ended = false;
  void over.then(() => {
    ended = true;
  });
  await until(`${after} appears`, () => ended || after === null || has(attempt, after));
  const again = queuedAgain(attempt);
  await over;
  await until('nothing of it runs on', () => claim(attempt) !== 'held' && processesOf(attempt) === 0);
  return again && timesRun(attempt) > 0;
}

const SLOW = ['mknodat', 'openat', 'linkat', 'renameat', 'clone', 'write', 'fsync'].flatMap((call) => [
  `${call}:delay_enter`,
  `${call}:delay_exit`,
]);

describe('a shim that is slow between its steps is never doubled', () => {
  for (const after of [null, 'claim', 'ctl', 'started'])
    strace(`looked at when ${after ?? 'nothing'} is there`, async () => {
      for (const call of SLOW) expect([call, await doubled(SHIM, call, after)]).toEqual([call, false]);
    });

  skipUnless(straces && compiles, 'needs strace and a compiler')(
    'and the seeded defect is found by that',
    async () => {
      const build = scratch();
      execFileSync('make', ['-s', '-C', 'native', 'seeded', `OUT=${build}`], { stdio: 'ignore' });
      expect(await doubled(join(build, 'expshim-seeded'), 'mknodat:delay_exit', 'claim')).toBe(true);
    },
  );
});

describe('the system refuses', () => {
  strace('a process for the run: nothing ran, and the record says why', async () => {
    const attempt = sh('echo ran');
    expect(await run(attempt, inject('clone:error=EAGAIN')).over).toBe(0);
    expect(exitOf(attempt)).toMatchObject({ error: 'fork', exec_errno: 11, exec: false, pid: null });
    expect(has(attempt, 'started')).toBe(false);
    expect(timesRun(attempt)).toBe(0);
  });

  strace('the run the time to be executed: killed at the gate it was not entered', async () => {
    const attempt = sh('echo ran');
    const slow = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'inject=execve:delay_enter=1500000'];
    const { started, over } = run(attempt, slow);
    await started;
    command(attempt, 'K');
    await over;
    expect(exitOf(attempt)).toMatchObject({
      exec: false,
      exec_errno: 0,
      signal: 'SIGKILL',
      stop: null,
      error: null,
    });
    expect(timesRun(attempt)).toBe(0);
  });

  strace('the record of its start: nothing ran', async () => {
    const attempt = sh('echo ran');
    expect(await run(attempt, inject('renameat:error=EIO:when=2')).over).toBe(0);
    expect(exitOf(attempt)).toMatchObject({ error: 'record', exec_errno: 5 });
    expect(timesRun(attempt)).toBe(0);
  });

  strace('the claim', async () => {
    const attempt = sh('echo ran');
    expect(await run(attempt, inject('linkat:error=EMLINK')).over).toBe(73);
    expect(judge(attempt)).toBe('unclaimed');
    expect(timesRun(attempt)).toBe(0);
  });

  strace('pidfds and close_range, as old kernels do: the tree is ended all the same', async () => {
    const attempt = sh('(setsid sleep 99 &) ; exit 4', { linger_ms: 50 });
    const old = ['strace', '-f', '-qq', '-o', '/dev/null'];
    const without = ['pidfd_open', 'pidfd_send_signal', 'close_range'].flatMap((name) => [
      '-e',
      `inject=${name}:error=ENOSYS`,
    ]);
    expect(await runToEnd(attempt, [...old, ...without])).toMatchObject({ code: 4, leftover_kills: 1 });
    expect(processesOf(attempt)).toBe(0);
  });
});

const mounts = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

describe('a full disk', () => {
  const tiny = skipUnless(mounts, 'needs root to mount a tiny tmpfs');
  const mount = (options: string): string => {
    const dir = scratch();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', dir]);
    return dir;
  };
  const fill = (dir: string) =>
    spawnSync('dd', ['if=/dev/zero', `of=${dir}/fill`, 'bs=4k'], { stdio: 'ignore' });

  tiny('loses no exit status: its spec makes room for it, or what else goes', async () => {
    const dir = mount('size=64k');
    try {
      const attempt = makeAttempt(
        ['/bin/sh', '-c', 'dd if=/dev/zero of=fill bs=4k; echo full; exit 3'],
        { log: '/dev/null' },
        dir,
      );
      // While somebody has it open, its removal frees nothing.
      const spec = openSync(join(attempt.dir, 'spec'), 'r');
      const { over } = run(attempt);
      await until(
        'the run ended',
        () => has(attempt, 'started') && processesOf(attempt) === 0 && existsSync(join(dir, 'fill')),
      );
      expect([has(attempt, 'exit'), claim(attempt)]).toEqual([false, 'held']);
      closeSync(spec);
      expect(await over).toBe(0);
      expect(exitOf(attempt)).toMatchObject({ code: 3 });
    } finally {
      execFileSync('umount', [dir]);
    }
  });

  tiny('before the start: nothing ran, which the directory says', async () => {
    const dir = mount('size=64k');
    try {
      const attempt = makeAttempt(['/bin/sh', '-c', 'echo ran'], { log: `${scratch()}/log` }, dir);
      fill(dir);
      expect(await run(attempt).over).toBe(74);
      expect(judge(attempt)).toBe('never started');
    } finally {
      execFileSync('umount', [dir]);
    }
  });

  tiny('without room for a name: nothing is claimed', async () => {
    const dir = mount('size=1m,nr_inodes=20');
    try {
      const attempt = makeAttempt(['/bin/sh', '-c', 'echo ran'], { log: `${scratch()}/log` }, dir);
      for (let i = 0; i < 20; i++) {
        try {
          writeFileSync(join(dir, `f${i}`), '');
        } catch {
          break;
        }
      }
      expect(await run(attempt).over).toBe(73);
      expect(judge(attempt)).toBe('unclaimed');
    } finally {
      execFileSync('umount', [dir]);
    }
  });
});
