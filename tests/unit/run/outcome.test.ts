import { expect, test } from 'vitest';
import { type ExitRecord, describe as inWords, judge, resultCode } from '../../../src/daemon/run/outcome.js';
import { STOP_REASONS } from '../../../src/daemon/run/stop.js';
import { exit, outcome } from './samples.js';

const of = (record: Partial<ExitRecord>, { done = false, requeue = [] as number[] } = {}) => {
  const { verdict, cause } = judge({ seen: 'exit', record: exit(record), done }, requeue);
  return `${verdict} ${cause}`;
};
const killed = { code: null, signal: 'SIGKILL' };

/** The rows of the table, in its order; each also with what a later row would say. */
const ROWS: [what: string, record: Partial<ExitRecord>, seen: string, more?: Parameters<typeof of>[1]][] = [
  ['exec refused', { exec: false, error: 'exec', errno: 'ENOENT', code: 127 }, 'refused exec_refused'],
  [
    'exec refused, although cancelled',
    { exec: false, error: 'exec', errno: 'EACCES', code: 126, stop: 'cancel' },
    'refused exec_refused',
  ],
  ['fork failed', { exec: false, error: 'fork', errno: 'EAGAIN', code: null }, 'not_started launch_failed'],
  ['working directory gone', { exec: false, error: 'chdir', errno: 'ENOENT', code: null }, 'hold cwd_gone'],
  ['cancelled before exec', { exec: false, stop: 'cancel', ...killed }, 'cancelled cancel'],
  ['drained before exec', { exec: false, stop: 'drain', ...killed }, 'interrupted drain'],
  ['done and exit 0', {}, 'success done', { done: true }],
  ['done and exit 0 while being cancelled', { stop: 'cancel' }, 'success done', { done: true }],
  ['done, but exit 1', { code: 1 }, 'failure exit', { done: true }],
  ['cancelled', { code: 0, stop: 'cancel' }, 'cancelled cancel'],
  ['timed out, exit 0', { code: 0, stop: 'timeout' }, 'failure timeout'],
  ['over its memory', { ...killed, stop: 'overMemory', oomKills: 1 }, 'failure overMemory'],
  ['stalled', { ...killed, stop: 'stall' }, 'interrupted stall'],
  ['device lost', { code: 1, stop: 'deviceLost' }, 'interrupted deviceLost'],
  ['preempted, exit 0', { code: 0, stop: 'preempt' }, 'interrupted preempt'],
  ['drained, exit 75', { code: 75, stop: 'drain' }, 'interrupted drain'],
  [
    'stopped and told to terminate from outside',
    { code: 0, stop: 'timeout', outside: 'SIGTERM' },
    'failure timeout',
  ],
  ['told to terminate from outside, exit 0', { outside: 'SIGTERM' }, 'interrupted terminated_from_outside'],
  [
    'told to terminate from outside, killed',
    { ...killed, outside: 'SIGTERM', oomKills: 1 },
    'interrupted terminated_from_outside',
  ],
  ['exit 0', {}, 'success exit'],
  ['exit 0 that asks to be run again', {}, 'success exit', { requeue: [0] }],
  ['exit 75', { code: 75 }, 'interrupted requeue_exit'],
  ['exit 9 of --requeue-exit 9', { code: 9 }, 'interrupted requeue_exit', { requeue: [9] }],
  ['SIGKILL with out-of-memory kills', { ...killed, oomKills: 1 }, 'failure out_of_memory'],
  ['SIGKILL of somebody else', killed, 'interrupted killed_from_outside'],
  ['exit 1 beside out-of-memory kills', { code: 1, oomKills: 1 }, 'failure exit'],
  ['exit 137', { code: 137 }, 'failure exit'],
  ['SIGSEGV', { code: null, signal: 'SIGSEGV' }, 'failure signal'],
];

test.each(ROWS)('%s', (_, record, seen, more) => {
  expect(of(record, more)).toBe(seen);
});

test('what no exit record tells', () => {
  expect(judge({ seen: 'launchFailed', cause: 'disk' }, [])).toEqual({
    ...outcome('not_started', 'launch_failed'),
    detail: 'disk',
  });
  expect(judge({ seen: 'neverStarted' }, [])).toEqual(outcome('abandoned', 'never_started'));
  expect(judge({ seen: 'reboot' }, [])).toEqual(outcome('interrupted', 'reboot'));
  expect(judge({ seen: 'supervisorLost' }, [])).toEqual(outcome('interrupted', 'supervisor_lost'));
  expect(judge({ seen: 'cwdGone', cwd: '/gone' }, [])).toEqual({
    ...outcome('hold', 'cwd_gone'),
    detail: '/gone',
  });
});

test('every exit code but 0 and 75 is a failure, and is passed on', () => {
  for (let code = 0; code < 256; code++) {
    const seen = judge({ seen: 'exit', record: exit({ code }), done: false }, []);
    expect(seen.verdict).toBe(code === 0 ? 'success' : code === 75 ? 'interrupted' : 'failure');
    expect(seen.code).toBe(code);
    if (code > 0) expect(resultCode('failed', seen)).toBe(code);
  }
});

test('what waiting verbs pass on', () => {
  const signalled = (signal: string) => resultCode('failed', { ...outcome('failure', 'signal'), signal });
  expect(resultCode('succeeded', outcome('success'))).toBe(0);
  expect(resultCode('cancelled', null)).toBe(130);
  expect(signalled('SIGKILL')).toBe(137);
  expect(signalled('SIGSEGV')).toBe(139);
  expect(signalled('SIGRTMIN+3')).toBe(165);
  expect(resultCode('failed', { ...outcome('failure', 'timeout'), signal: 'SIGTERM' })).toBe(124);
  expect(resultCode('failed', { ...outcome('refused', 'exec_refused'), code: 127 })).toBe(127);
});

test('every cause has words', () => {
  const record = exit({ code: 3 });
  for (const stop of STOP_REASONS)
    expect(inWords(judge({ seen: 'exit', record: { ...record, stop }, done: false }, []))).toMatch(
      /^[a-z].* \(exit 3\)$/,
    );
  for (const [, seen] of ROWS) {
    const words = inWords(judge({ seen: 'exit', record: exit(seen), done: false }, []));
    expect(words).not.toMatch(/undefined|null|\.$/);
  }
});
