import { expect, test } from 'vitest';
import { parseExit, parseStarted, parseStuck, specValue } from '../../../src/daemon/supervisor/records.js';

const ID = 'a1b2';
const exit = {
  v: 1,
  attempt: ID,
  boot: 'b',
  pid: 10,
  start: 20,
  code: 3,
  signal: null,
  core: false,
  exec_errno: 0,
  exec: true,
  error: null,
  stop: 'cancel',
  outside: 'SIGTERM',
  oom_kills: 2,
  at: 1000,
  ran_ms: 5,
  utime_ms: 6,
  stime_ms: 7,
  maxrss_kb: 8,
};
const without = (...fields: string[]): string =>
  JSON.stringify(Object.fromEntries(Object.entries(exit).filter(([name]) => !fields.includes(name))));
const having = (changes: object): string => JSON.stringify({ ...exit, ...changes });

test('a whole exit record', () => {
  expect(parseExit(JSON.stringify(exit), ID)).toEqual({
    record: {
      code: 3,
      signal: null,
      exec: true,
      error: null,
      errno: null,
      stop: 'cancel',
      outside: 'SIGTERM',
      oomKills: 2,
    },
    usage: { ranMs: 5, userMs: 6, systemMs: 7, maxRssBytes: 8192 },
    at: 1000,
  });
});

test('fields of other versions may be missing or unknown', () => {
  const old = parseExit(without('outside', 'oom_kills', 'exec', 'error', 'ran_ms', 'at', 'boot', 'v'), ID);
  expect(old).toMatchObject({
    record: { code: 3, exec: true, outside: null, oomKills: 0 },
    usage: null,
    at: null,
  });
  expect(parseExit(having({ sched: 'x', v: 9, stop: 'a reason of tomorrow' }), ID)).toMatchObject({
    record: { code: 3, stop: null },
  });
});

test('an exec that was refused names its cause', () => {
  expect(parseExit(having({ code: 127, exec: false, exec_errno: 2, stop: null }), ID)?.record).toMatchObject({
    exec: false,
    error: 'exec',
    errno: 'ENOENT',
  });
  expect(
    parseExit(having({ code: null, exec: false, exec_errno: 11, error: 'fork' }), ID)?.record,
  ).toMatchObject({
    exec: false,
    error: 'fork',
    errno: 'EAGAIN',
  });
});

test.each([
  ['nothing', ''],
  ['a torn end', JSON.stringify(exit).slice(0, -9)],
  ['NULs, as after a power cut', '\0'.repeat(300)],
  ['no JSON', 'exit 0'],
  ['another type', '[1]'],
  ['null', 'null'],
  ['no attempt', without('attempt')],
  ["another attempt's", having({ attempt: 'ffff' })],
  ['neither code nor signal', having({ code: null })],
  ['a code that is none', having({ code: 256 })],
  ['a negative code', having({ code: -1 })],
  ['a code in words', having({ code: '0' })],
  ['no code', without('code')],
])('an exit record with %s is unreadable, never code 0', (_, text) => {
  expect(parseExit(text, ID)).toBeNull();
});

test('started: what is needed is the main process', () => {
  const started = {
    attempt: ID,
    boot: 'b',
    shim: { pid: 1, start: 2 },
    main: { pid: 3, start: 4 },
    at: 5,
    cgroup: '/c',
  };
  const text = JSON.stringify(started);
  const { attempt: _, ...rest } = started;
  expect(parseStarted(text, ID)).toEqual(rest);
  expect(parseStarted(JSON.stringify({ attempt: ID, main: started.main, x: 1 }), ID)).toEqual({
    boot: null,
    shim: { pid: 0, start: 0 },
    main: { pid: 3, start: 4 },
    at: null,
    cgroup: null,
  });
  expect(parseStarted(JSON.stringify({ ...started, main: { pid: 0, start: 4 } }), ID)).toBeNull();
  expect(parseStarted(JSON.stringify({ ...started, main: null }), ID)).toBeNull();
  expect(parseStarted(text, 'other')).toBeNull();
});

test('stuck, and values of a spec', () => {
  expect(parseStuck(JSON.stringify({ attempt: ID, pid: 9, wchan: 'nfs_wait' }), ID)).toEqual({
    pid: 9,
    wchan: 'nfs_wait',
  });
  expect(parseStuck('{', ID)).toBeNull();
  const spec = 'v=1\0grace_ms=250\0env=grace_ms=9\0';
  expect(specValue(spec, 'grace_ms')).toBe('250');
  expect(specValue(spec, 'limit_ms')).toBeNull();
});
