import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { isStopped } from '../helpers/processes.js';
import { until } from '../helpers/until.js';
import { type Attempt, alive, command, exitOf, logOf, processesOf, run, sh, startedOf } from './attempt.js';

/** Starts it and waits until it has said `ready`. */
async function ready(attempt: Attempt, under: string[] = []) {
  const running = run(attempt, under);
  await running.started;
  await until('the run is ready', () => logOf(attempt).includes('ready'));
  return running;
}

const STUBBORN = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';

describe('a stop', () => {
  test('is SIGTERM to the main process alone, which may save and choose its code', async () => {
    const attempt = sh(
      'trap "echo saved; exit 3" TERM; (trap "echo child told" TERM; while :; do sleep 0.05; done) & echo ready; wait',
    );
    const { over } = await ready(attempt);
    command(attempt, 'c');
    expect(await over).toBe(0);
    expect(logOf(attempt)).toBe('ready\nsaved\n');
    expect(exitOf(attempt)).toMatchObject({ code: 3, signal: null, stop: 'cancel' });
  });

  test.each([
    ['c', 'cancel'],
    ['t', 'timeout'],
    ['m', 'overMemory'],
    ['s', 'stall'],
    ['d', 'deviceLost'],
    ['p', 'preempt'],
    ['r', 'drain'],
    ['rpc', 'cancel'],
    ['mcr', 'cancel'],
    ['dsp', 'stall'],
  ])('%s is recorded as %s', async (bytes, reason) => {
    const attempt = sh('echo ready; exec sleep 99');
    const { over } = await ready(attempt);
    command(attempt, bytes);
    await over;
    expect(exitOf(attempt)).toMatchObject({ signal: 'SIGTERM', stop: reason });
  });

  test('that ends the run before a stronger one is read counts as the stronger one', async () => {
    const attempt = sh('echo ready; exec sleep 99');
    const slow = ['strace', '-qq', '-o', '/dev/null', '-e', 'inject=kill:delay_exit=300000'];
    const { over } = await ready(attempt, slow);
    command(attempt, 'rpc');
    await over;
    expect(exitOf(attempt)).toMatchObject({ signal: 'SIGTERM', stop: 'cancel' });
  });

  test('that is ignored ends the whole tree at the end of the grace', async () => {
    const attempt = sh(`(setsid sh -c '${STUBBORN}' &) ; ${STUBBORN}`, { grace_ms: 300 });
    const { over } = await ready(attempt);
    const asked = performance.now();
    command(attempt, 'c');
    await over;
    expect(performance.now() - asked).toBeGreaterThan(295);
    expect(performance.now() - asked).toBeLessThan(1500);
    expect(exitOf(attempt)).toMatchObject({ signal: 'SIGKILL', stop: 'cancel' });
    expect(processesOf(attempt)).toBe(0);
  });

  test('a second one never moves the deadline, and the stronger reason is kept', async () => {
    const attempt = sh(STUBBORN, { grace_ms: 600 });
    const { over } = await ready(attempt);
    const asked = performance.now();
    command(attempt, 'p');
    let ended = false;
    void over.then(() => {
      ended = true;
    });
    await until('half of the grace', () => performance.now() - asked > 400);
    command(attempt, 'c');
    command(attempt, 'r');
    await until('its end', () => ended);
    expect(performance.now() - asked).toBeLessThan(900);
    expect(exitOf(attempt)).toMatchObject({ stop: 'cancel', signal: 'SIGKILL' });
  });

  test('warns first where that is asked for', async () => {
    const attempt = sh(
      'trap "echo warned" USR1; trap "echo told; exit 0" TERM; echo ready; while :; do sleep 0.02; done',
      {
        warn_signal: 'USR1',
        warn_ms: 300,
      },
    );
    const { over } = await ready(attempt);
    const asked = performance.now();
    command(attempt, 'p');
    await until('the warning', () => logOf(attempt).includes('warned'));
    expect(logOf(attempt)).not.toContain('told');
    await over;
    expect(performance.now() - asked).toBeGreaterThan(295);
    expect(logOf(attempt)).toBe('ready\nwarned\ntold\n');
    expect(exitOf(attempt)).toMatchObject({ code: 0, stop: 'preempt' });
  });

  test('a run that has just ended by itself was not stopped', async () => {
    // Stopped, the shim has the death of its child and the command before it at once.
    const attempt = sh('echo ready; read x < gate; exit 5');
    const gate = attempt.log.replace(/[^/]*$/, 'gate');
    execFileSync('mkfifo', [gate]);
    const { over } = await ready(attempt);
    const { shim, main } = startedOf(attempt);
    process.kill(shim.pid, 'SIGSTOP');
    execFileSync('sh', ['-c', 'echo go > "$0"', gate]);
    await until('the main process is a zombie', () => !alive(main.pid));
    command(attempt, 'c');
    process.kill(shim.pid, 'SIGCONT');
    await over;
    expect(exitOf(attempt)).toMatchObject({ code: 5, stop: null });
  });

  test('cancels that race with the end give one of two true answers', async () => {
    for (let i = 0; i < 20; i++) {
      const attempt = sh(`trap 'exit 33' TERM; echo ready; sleep 0.0${i % 5}; exit 7`);
      const { over } = await ready(attempt);
      try {
        command(attempt, 'c');
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENXIO'); // the shim was faster
      }
      await over;
      const { code, stop } = exitOf(attempt);
      expect([`33 cancel`, '7 null', '7 cancel']).toContain(`${code} ${stop}`);
    }
  });

  test('K kills at once and is no reason by itself', async () => {
    const attempt = sh(STUBBORN);
    const { over } = await ready(attempt);
    command(attempt, 'K');
    await over;
    expect(exitOf(attempt)).toMatchObject({ signal: 'SIGKILL', stop: null });
    const other = sh(STUBBORN);
    const second = await ready(other);
    command(other, 'cK');
    await second.over;
    expect(exitOf(other)).toMatchObject({ signal: 'SIGKILL', stop: 'cancel' });
  });
});

describe('the time limit', () => {
  test('is kept by the shim', async () => {
    const attempt = sh('trap "exit 9" TERM; echo ready; while :; do sleep 0.02; done', { limit_ms: 200 });
    const { over } = await ready(attempt);
    await over;
    const end = exitOf(attempt);
    expect(end).toMatchObject({ code: 9, stop: 'timeout' });
    expect(end.ran_ms).toBeGreaterThanOrEqual(200);
    expect(end.ran_ms).toBeLessThan(1000);
  });

  test('stands still while the run is paused', async () => {
    const attempt = sh('echo ready; (sleep 99) & while :; do sleep 0.02; done', { limit_ms: 500 });
    const { over } = await ready(attempt);
    const { main } = startedOf(attempt);
    command(attempt, 'S');
    await until('the run is stopped', () => isStopped(main.pid));
    const paused = performance.now();
    await until('longer than the limit', () => performance.now() - paused > 800);
    expect(isStopped(main.pid)).toBe(true);
    command(attempt, 'R');
    await over;
    const end = exitOf(attempt);
    expect(end).toMatchObject({ signal: 'SIGTERM', stop: 'timeout' });
    expect(end.ran_ms).toBeGreaterThanOrEqual(500);
    expect(end.ran_ms).toBeLessThan(800);
  });

  test('a stop continues a paused run first', async () => {
    const attempt = sh('trap "echo saved; exit 4" TERM; echo ready; while :; do sleep 0.02; done');
    const { over } = await ready(attempt);
    command(attempt, 'S');
    await until('the run is stopped', () => isStopped(startedOf(attempt).main.pid));
    command(attempt, 'c');
    await over;
    expect(logOf(attempt)).toBe('ready\nsaved\n');
    expect(exitOf(attempt)).toMatchObject({ code: 4, stop: 'cancel' });
  });
});

describe('told from outside to terminate', () => {
  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s is passed on and noted', async (signal) => {
    const attempt = sh(
      `trap "echo saved; exit 6" ${signal.slice(3)}; echo ready; while :; do sleep 0.02; done`,
    );
    const { over } = await ready(attempt);
    process.kill(startedOf(attempt).shim.pid, signal);
    await over;
    expect(logOf(attempt)).toBe('ready\nsaved\n');
    expect(exitOf(attempt)).toMatchObject({ code: 6, stop: null, outside: signal });
  });

  test('a paused run can act on it', async () => {
    const attempt = sh('trap "exit 6" TERM; echo ready; while :; do sleep 0.02; done');
    const { over } = await ready(attempt);
    command(attempt, 'S');
    await until('the run is stopped', () => isStopped(startedOf(attempt).main.pid));
    process.kill(startedOf(attempt).shim.pid, 'SIGTERM');
    await over;
    expect(exitOf(attempt)).toMatchObject({ code: 6, outside: 'SIGTERM' });
  });

  test('one that kills the run before us is noted all the same', async () => {
    const attempt = sh('echo ready; exec sleep 99');
    const { over } = await ready(attempt);
    const { shim, main } = startedOf(attempt);
    process.kill(shim.pid, 'SIGSTOP');
    process.kill(main.pid, 'SIGTERM');
    await until('the main process is a zombie', () => !alive(main.pid));
    process.kill(shim.pid, 'SIGTERM');
    process.kill(shim.pid, 'SIGCONT');
    await over;
    expect(exitOf(attempt)).toMatchObject({ signal: 'SIGTERM', outside: 'SIGTERM', stop: null });
  });

  test('one that reached the run before us is noted, also when the run saved and left with 0', async () => {
    const attempt = sh('trap "echo saved; exit 0" TERM; echo ready; while :; do sleep 0.02; done');
    const { over } = await ready(attempt);
    const { shim, main } = startedOf(attempt);
    process.kill(shim.pid, 'SIGSTOP');
    process.kill(main.pid, 'SIGTERM');
    await until('the main process is a zombie', () => !alive(main.pid));
    process.kill(shim.pid, 'SIGTERM');
    process.kill(shim.pid, 'SIGCONT');
    await over;
    expect(logOf(attempt)).toBe('ready\nsaved\n');
    expect(exitOf(attempt)).toMatchObject({ code: 0, outside: 'SIGTERM', stop: null });
  });

  test('a storm of signals around its end loses no record', async () => {
    for (let i = 0; i < 30; i++) {
      const attempt = sh('trap "" TERM; echo ready; sleep 0.01; exit 33');
      const { over } = await ready(attempt);
      const { shim } = startedOf(attempt);
      let ended = false;
      void over.then(() => {
        ended = true;
      });
      await until('the end', () => {
        if (ended) return true;
        try {
          process.kill(shim.pid, 'SIGTERM');
        } catch {}
        return false;
      });
      expect(exitOf(attempt)).toMatchObject({ code: 33 });
    }
  });
});
