import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CHECKS, examine } from '../../../src/daemon/doctor/checks.js';
import type { Level, Machine } from '../../../src/daemon/doctor/machine.js';
import { healthy, shippedUnit } from './machine.js';

type Id = keyof typeof CHECKS;
type Case = [id: Id, what: string, level: Level, change: (machine: Machine) => void, said: RegExp];

const withUnit = (machine: Machine, change: Partial<NonNullable<Machine['boot']['unit']>>): void => {
  machine.boot.unit = {
    text: shippedUnit,
    shipped: shippedUnit,
    enabled: true,
    missingProgram: null,
    ...change,
  };
};

/** A healthy machine with one thing changed, and what the check of it says. */
const CASES: Case[] = [
  [
    'shim',
    'does not run',
    'fail',
    (m) => {
      m.shim = { failure: 'EACCES' };
    },
    /EACCES.*noexec/,
  ],
  [
    'database',
    'is damaged',
    'fail',
    (m) => {
      m.database = 'page 7';
    },
    /page 7.*restore a backup/,
  ],
  [
    'settings',
    'are not in force',
    'fail',
    (m) => {
      m.settingsRefused = 'line 3: no key "slot"';
    },
    /no key "slot".*the next daemon will not start/,
  ],
  [
    'disk',
    'is below the mark',
    'fail',
    (m) => {
      m.disk.freeBytes = 2 ** 30 - 1;
    },
    /nothing new starts/,
  ],
  [
    'disk',
    'is close to the mark',
    'warn',
    (m) => {
      m.disk.freeBytes = 2 ** 30 + 1;
    },
    /close to low_water/,
  ],
  [
    'inodes',
    'are few',
    'warn',
    (m) => {
      m.disk.freeInodes = 9_999;
    },
    /9999 more files/,
  ],
  [
    'inodes',
    'are none',
    'fail',
    (m) => {
      m.disk.freeInodes = 0;
    },
    /0 more files/,
  ],
  [
    'inodes',
    'are not counted here',
    'ok',
    (m) => {
      m.disk = { ...m.disk, freeInodes: 0, inodes: 0 };
    },
    /./,
  ],
  [
    'ballast',
    'was given up',
    'fail',
    (m) => {
      m.ballast = false;
    },
    /submissions are refused/,
  ],
  [
    'network_fs',
    'state',
    'fail',
    (m) => {
      m.state = { ...m.state, network: true, filesystem: 'nfs4' };
    },
    /nfs4/,
  ],
  [
    'network_fs',
    'socket',
    'fail',
    (m) => {
      m.run = { ...m.run, network: true };
    },
    /expd lies on/,
  ],
  [
    'network_fs',
    'settings',
    'warn',
    (m) => {
      m.config.network = true;
    },
    /settings lie on/,
  ],
  [
    'private',
    'open state',
    'fail',
    (m) => {
      m.state.mode = 0o750;
    },
    /open to others.*chmod 700/,
  ],
  [
    'private',
    'foreign socket',
    'fail',
    (m) => {
      m.run.uid = 0;
    },
    /open to others.*chown alice/,
  ],
  [
    'private',
    'socket gone',
    'fail',
    (m) => {
      m.run.exists = false;
    },
    /is gone/,
  ],
  [
    'state_cleaner',
    'in /tmp',
    'warn',
    (m) => {
      m.state.path = '/tmp/x/state';
    },
    /cleaners/,
  ],
  [
    'state_cleaner',
    'in /var/tmp',
    'warn',
    (m) => {
      m.state.path = '/var/tmp/x';
    },
    /cleaners/,
  ],
  [
    'at_boot',
    'nothing installed',
    'warn',
    (m) => {
      m.boot.unit = null;
    },
    /will not bring.*daemon install/,
  ],
  [
    'at_boot',
    'a crontab line',
    'ok',
    (m) => {
      m.boot = { ...m.boot, unit: null, otherwise: 'crontab' };
    },
    /crontab/,
  ],
  ['at_boot', 'not enabled', 'warn', (m) => withUnit(m, { enabled: false }), /not enabled/],
  ['at_boot', 'program gone', 'fail', (m) => withUnit(m, { missingProgram: '/old/node' }), /\/old\/node/],
  [
    'at_boot',
    'an older unit',
    'warn',
    (m) => withUnit(m, { text: shippedUnit.replace('KillMode=process', 'KillMode=mixed') }),
    /KillMode=process/,
  ],
  [
    'at_boot',
    'the unit as it was installed',
    'ok',
    (m) =>
      withUnit(m, {
        text: shippedUnit.replace(/^ExecStart=.*/m, 'Environment="EXPD_HOME=/e"\nExecStart="/n" "/d"'),
      }),
    /brings the daemon back/,
  ],
  [
    'lingering',
    'off, with a user unit',
    'fail',
    (m) => {
      m.boot.lingering = false;
    },
    /enable-linger alice/,
  ],
  [
    'lingering',
    'off, without one',
    'ok',
    (m) => {
      m.boot = { ...m.boot, lingering: false, unit: null };
    },
    /no user unit needs it/,
  ],
  [
    'socket_cleaner',
    'lingering off',
    'warn',
    (m) => {
      m.boot.lingering = false;
    },
    /goes at your logout/,
  ],
  [
    'socket_cleaner',
    'elsewhere',
    'ok',
    (m) => {
      m.boot.lingering = false;
      m.run.path = '/home/alice/.local/state/expd/0123/run';
    },
    /./,
  ],
  [
    'node',
    'too old',
    'fail',
    (m) => {
      m.node = '20.18.3';
    },
    /older than 20.19/,
  ],
  [
    'node',
    'vulnerable',
    'warn',
    (m) => {
      m.node = '20.19.5';
    },
    /known vulnerabilities that 20.20.2/,
  ],
  [
    'node',
    'vulnerable in a later line',
    'warn',
    (m) => {
      m.node = '22.9.0';
    },
    /22.22.2/,
  ],
  [
    'node',
    'past its end',
    'warn',
    (m) => {
      m.node = '20.20.2';
    },
    /no fixes since 2026-04-30/,
  ],
  [
    'node',
    'past its end later',
    'warn',
    (m) => {
      m.now = Date.UTC(2028, 5, 1);
    },
    /no fixes since 2028-04-30/,
  ],
  [
    'node',
    'of a line not known here',
    'ok',
    (m) => {
      m.node = '28.1.0';
    },
    /28.1.0/,
  ],
  [
    'clock',
    'in the past',
    'fail',
    (m) => {
      m.now = 0;
    },
    /1970/,
  ],
  [
    'time_server',
    'none',
    'warn',
    (m) => {
      m.clockSynchronised = false;
    },
    /set-ntp true/,
  ],
  [
    'time_server',
    'unknown',
    'ok',
    (m) => {
      m.clockSynchronised = null;
    },
    /nobody/,
  ],
  [
    'descriptors',
    'few',
    'warn',
    (m) => {
      m.limits.openFiles = 256;
    },
    /256/,
  ],
  [
    'processes',
    'few',
    'warn',
    (m) => {
      m.limits.processes = 512;
    },
    /512/,
  ],
  [
    'inotify',
    'few instances',
    'warn',
    (m) => {
      m.inotify.instances = 8;
    },
    /8 instances/,
  ],
  [
    'inotify',
    'few watches',
    'warn',
    (m) => {
      m.inotify.watches = 100;
    },
    /100 watches/,
  ],
  [
    'cgroup',
    'none',
    'warn',
    (m) => {
      m.cgroup = { dir: null, memory: false };
    },
    /no cgroup.*daemon install/,
  ],
  [
    'proc_hidden',
    'hidden',
    'warn',
    (m) => {
      m.procHidden = true;
    },
    /hidepid/,
  ],
  [
    'orphans',
    'two',
    'fail',
    (m) => {
      m.orphans = [7, 9].map((pid) => ({ pid, attemptId: 'a' }));
    },
    /kill 7 9/,
  ],
  [
    'git',
    'missing',
    'warn',
    (m) => {
      m.git = false;
    },
    /install git/,
  ],
];

test('nothing is found on a healthy machine', () => {
  const findings = examine(healthy());
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
  expect(findings.filter(({ hint }) => hint !== '')).toEqual([]);
});

describe.each(CASES)('%s: %s', (id, _, level, change, said) => {
  const machine = healthy();
  change(machine);
  const findings = examine(machine);
  const found = findings.find((finding) => finding.id === id)!;

  test(`is ${level}, and says what to do`, () => {
    expect(found.level).toBe(level);
    expect(`${found.message} ${found.hint}`).toMatch(said);
    expect(found.hint === '').toBe(level === 'ok');
    expect(found.message).not.toContain('\n');
  });
});

test('every check has a case in which it is not ok', () => {
  const seen = new Set(CASES.filter(([, , level]) => level !== 'ok').map(([id]) => id));
  expect(Object.keys(CHECKS).filter((id) => !seen.has(id as Id))).toEqual([]);
});

test('the documentation lists every id, in this order', () => {
  const documented = [...readFileSync('docs/doctor.md', 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(
    ([, id]) => id,
  );
  expect(documented).toEqual(Object.keys(CHECKS));
});
