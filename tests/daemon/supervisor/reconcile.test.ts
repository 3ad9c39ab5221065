import { expect, test } from 'vitest';
import { type Found, reconcile, type Sight } from '../../../src/daemon/supervisor/reconcile.js';
import type { Exit, Started } from '../../../src/daemon/supervisor/records.js';

const record = (code: number): Exit => ({
  record: {
    code,
    signal: null,
    exec: true,
    error: null,
    errno: null,
    stop: null,
    outside: null,
    oomKills: 0,
  },
  usage: null,
  at: 1,
});
const EXIT = record(3);
const MAIN = record(4);
const STARTED: Started = {
  boot: 'now',
  shim: { pid: 1, start: 1 },
  main: { pid: 2, start: 2 },
  at: 0,
  cgroup: null,
};

/** claim, exit, main, started, boot of the attempt, the database's main process, whether that lives → verdict. */
type Row = [
  claim: Sight['claim'],
  exit: '-' | '?' | 'exit',
  main: '-' | '?' | 'main',
  started: '-' | '?' | 'started',
  boot: 'now' | 'old',
  known: '-' | 'known',
  alive: boolean,
  verdict: string,
];

const TABLE: Row[] = [
  // A record that says how it ended is the truth, whatever else there is.
  ['released', 'exit', '-', 'started', 'now', 'known', false, 'exit 3'],
  ['released', 'exit', '-', '-', 'now', '-', false, 'exit 3'],
  ['held', 'exit', '-', 'started', 'now', 'known', true, 'exit 3'],
  ['released', 'exit', 'main', 'started', 'old', 'known', false, 'exit 3'],
  // A living shim is adopted, started or not, whatever the boot id says.
  ['held', '-', '-', 'started', 'now', 'known', true, 'alive'],
  ['held', '-', '-', '-', 'now', '-', false, 'alive'],
  ['held', '-', '-', '?', 'now', 'known', true, 'alive'],
  ['held', '?', 'main', 'started', 'now', 'known', false, 'alive'],
  ['held', '-', '-', 'started', 'old', 'known', true, 'alive'],
  // The machine was rebooted.
  ['released', '-', '-', 'started', 'old', 'known', true, 'reboot'],
  ['absent', '-', '-', '-', 'old', '-', false, 'reboot'],
  ['released', '?', '?', '?', 'old', 'known', true, 'reboot'],
  ['released', '-', 'main', 'started', 'old', 'known', false, 'exit 4'],
  // The shim is dead; how the main process ended it had said already.
  ['released', '-', 'main', 'started', 'now', 'known', false, 'exit 4, sweep'],
  ['released', '?', 'main', 'started', 'now', 'known', true, 'exit 4, sweep'],
  // The shim is dead, the main process lives on.
  ['released', '-', '-', 'started', 'now', '-', true, 'lost 2'],
  ['released', '?', '?', 'started', 'now', '-', true, 'lost 2'],
  ['released', '-', '-', '?', 'now', 'known', true, 'lost 9'],
  ['released', '-', '-', '-', 'now', 'known', true, 'lost 9'],
  ['absent', '-', '-', 'started', 'now', '-', true, 'lost 2'],
  ['absent', '-', '-', '-', 'now', 'known', true, 'lost 9'],
  // Both are dead, and nobody knows how it ended.
  ['released', '-', '-', 'started', 'now', '-', false, 'supervisor lost, sweep'],
  ['released', '?', '-', 'started', 'now', '-', false, 'supervisor lost, sweep'],
  ['released', '-', '?', 'started', 'now', '-', false, 'supervisor lost, sweep'],
  ['released', '-', '-', '?', 'now', '-', false, 'supervisor lost, sweep'],
  ['released', '?', '-', '-', 'now', '-', false, 'supervisor lost, sweep'],
  ['absent', '?', '-', '-', 'now', '-', false, 'supervisor lost, sweep'],
  ['absent', '-', '-', '-', 'now', 'known', false, 'supervisor lost, sweep'],
  // It never ran.
  ['released', '-', '-', '-', 'now', '-', false, 'never started'],
  ['absent', '-', '-', '-', 'now', '-', false, 'unclaimed'],
];

test.each(TABLE)('claim %s, exit %s, main %s, started %s, boot %s, %s, alive %s → %s', (...row) => {
  const [claim, exit, main, started, boot, known, alive, expected] = row;
  const sight: Sight = {
    claim,
    exit: found(exit, EXIT),
    main: found(main, MAIN),
    started: found(started, STARTED),
    boots: { attempt: boot, now: 'now' },
    known: known === '-' ? null : { pid: 9, start: 9 },
  };
  expect(say(reconcile(sight, () => alive))).toBe(expected);
});

test('a main process recorded in another boot is nobody now', () => {
  const sight: Sight = {
    claim: 'released',
    exit: 'absent',
    main: 'absent',
    started: { ...STARTED, boot: 'other' },
    boots: { attempt: 'now', now: 'now' },
    known: null,
  };
  expect(say(reconcile(sight, () => true))).toBe('supervisor lost, sweep');
});

const found = <T>(seen: string, what: T): Found<T> =>
  seen === '-' ? 'absent' : seen === '?' ? 'unreadable' : what;

function say(verdict: ReturnType<typeof reconcile>): string {
  switch (verdict.is) {
    case 'alive':
      return 'alive';
    case 'unclaimed':
      return 'unclaimed';
    case 'lost':
      return `lost ${verdict.main.pid}`;
    case 'ended': {
      const { ending, leftover } = verdict;
      const what =
        ending.seen === 'exit'
          ? `exit ${ending.record.code}`
          : { reboot: 'reboot', supervisorLost: 'supervisor lost', neverStarted: 'never started' }[
              ending.seen as 'reboot'
            ];
      return leftover ? `${what}, sweep` : `${what}`;
    }
  }
}
