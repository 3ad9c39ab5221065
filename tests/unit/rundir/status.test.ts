import { expect, test } from 'vitest';
import { type ExitRecord, judge, type Outcome } from '../../../src/daemon/run/outcome.js';
import { exitReason, statusOf } from '../../../src/daemon/rundir/status.js';

const exit = (changes: Partial<ExitRecord>): Outcome =>
  judge(
    {
      seen: 'exit',
      done: false,
      record: {
        ...{
          code: null,
          signal: null,
          exec: true,
          error: null,
          errno: null,
          stop: null,
          outside: null,
          oomKills: 0,
        },
        ...changes,
      },
    },
    [],
  );

test.each<[outcome: Outcome, status: string, reason: string]>([
  [exit({ code: 0 }), 'success', 'normal'],
  [exit({ code: 3 }), 'failed', 'system_exit'],
  [exit({ signal: 'SIGSEGV' }), 'failed', 'signal'],
  [exit({ code: 127, exec: false, error: 'exec', errno: 'ENOENT' }), 'failed', 'not_started'],
  [exit({ code: 0, stop: 'cancel' }), 'cancelled', 'cancelled'],
  [exit({ code: 1, stop: 'timeout' }), 'failed', 'timeout'],
  [exit({ signal: 'SIGKILL', stop: 'overMemory' }), 'failed', 'oom'],
  [exit({ signal: 'SIGKILL', oomKills: 1 }), 'failed', 'oom'],
  [exit({ code: 0, stop: 'stall' }), 'interrupted', 'stalled'],
  [exit({ code: 0, stop: 'deviceLost' }), 'interrupted', 'device_lost'],
  [exit({ code: 0, stop: 'preempt' }), 'interrupted', 'preempted'],
  [exit({ code: 0, stop: 'drain' }), 'interrupted', 'requeued'],
  [exit({ code: 75 }), 'interrupted', 'requeued'],
  [exit({ code: 0, outside: 'SIGTERM' }), 'interrupted', 'signal'],
  [exit({ signal: 'SIGKILL' }), 'interrupted', 'signal'],
  [judge({ seen: 'reboot' }, []), 'interrupted', 'reboot'],
  [judge({ seen: 'supervisorLost' }, []), 'interrupted', 'supervisor_lost'],
  [judge({ seen: 'neverStarted' }, []), 'interrupted', 'not_started'],
  [judge({ seen: 'launchFailed', cause: 'x' }, []), 'interrupted', 'not_started'],
  [judge({ seen: 'cwdGone', cwd: '/x' }, []), 'interrupted', 'not_started'],
])('%j is %s, %s', (outcome, status, reason) => {
  expect([statusOf(outcome), exitReason(outcome, false)]).toEqual([status, reason]);
});

test('a traceback makes a non-zero exit an exception, and nothing else', () => {
  expect(exitReason(exit({ code: 1 }), true)).toBe('exception');
  expect(exitReason(exit({ code: 0 }), true)).toBe('normal');
  expect(exitReason(exit({ signal: 'SIGABRT' }), true)).toBe('signal');
});
