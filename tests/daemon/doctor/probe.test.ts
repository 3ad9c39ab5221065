import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startUpUnit } from '../../../src/client/startup.js';
import { commandOf } from '../../../src/daemon/doctor/boot-probe.js';
import { doctor } from '../../../src/daemon/doctor/doctor.js';
import { type Probing, probe } from '../../../src/daemon/doctor/probe.js';
import { shippedUnit } from './machine.js';

let home: string;
let given: Probing;
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'expd-doctor-'));
  for (const name of ['state', 'run', 'config']) mkdirSync(join(home, name), { mode: 0o700 });
  given = {
    places: {
      state: join(home, 'state'),
      run: join(home, 'run'),
      settings: join(home, 'config/settings.yaml'),
    },
    env: { PATH: process.env.PATH, HOME: home },
    shippedUnit,
    now: Date.now,
    lowWaterBytes: () => 1,
    settingsRefused: () => null,
    shimVersion: async () => 'expshim 1 abc',
    checkDatabase: async () => undefined,
    cgroup: () => null,
    hasEnded: () => false,
  };
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(home, { recursive: true, force: true });
});

const idsNotOk = async (): Promise<string[]> =>
  (await doctor(given)).filter(({ level }) => level !== 'ok').map(({ id }) => id);

test('sees this machine as it is', async () => {
  writeFileSync(join(home, 'state/ballast'), 'x');
  const machine = await probe(given);
  expect(machine).toMatchObject({
    node: process.versions.node,
    uid: process.getuid!(),
    shim: { version: 'expshim 1 abc' },
    database: null,
    state: { exists: true, mode: 0o700, network: false },
    ballast: true,
    git: true,
    procHidden: false,
    orphans: [],
  });
  expect(machine.disk.freeBytes).toBeGreaterThan(0);
  expect(machine.limits.openFiles).toBeGreaterThan(0);
  expect(machine.inotify.instances).toBeGreaterThan(0);
  expect(machine.state.filesystem).toMatch(/^[a-z]/);
});

test('sees what is wrong: rights, ballast, shim, database, git', async () => {
  chmodSync(join(home, 'state'), 0o755);
  const found = await doctor({
    ...given,
    env: { PATH: join(home, 'config') },
    shimVersion: () => Promise.reject(new Error('Exec format error')),
    checkDatabase: () => Promise.reject(new Error('page 3')),
  });
  const levels = Object.fromEntries(found.map(({ id, level }) => [id, level]));
  expect(levels).toMatchObject({
    private: 'fail',
    ballast: 'fail',
    shim: 'fail',
    database: 'fail',
    git: 'warn',
  });
});

test('sees a directory that is gone', async () => {
  rmSync(join(home, 'run'), { recursive: true });
  expect(await idsNotOk()).toContain('private');
});

test('finds a process of an attempt that is over, and none of one that is not', async () => {
  const run = async (attemptId: string): Promise<number> => {
    const child = spawn('sleep', ['1000'], { env: { PATH: process.env.PATH, EXPD_ATTEMPT_ID: attemptId } });
    children.push(child);
    await once(child, 'spawn');
    return child.pid!;
  };
  const pid = await run('over');
  await run('living');
  const { orphans } = await probe({ ...given, hasEnded: (id) => id === 'over' });
  expect(orphans).toEqual([{ pid, attemptId: 'over' }]);
});

test('reads an installed unit: whether it is enabled, and whether its program is there', async () => {
  const units = join(home, '.config/systemd/user');
  mkdirSync(join(units, 'default.target.wants'), { recursive: true });
  const install = (program: string): void =>
    writeFileSync(
      join(units, 'expd.service'),
      startUpUnit(shippedUnit, { argv: [process.execPath, program], env: {} }),
    );
  install(join(home, 'no 100%/expd.cjs'));
  expect((await probe(given)).boot.unit).toMatchObject({
    enabled: false,
    missingProgram: join(home, 'no 100%/expd.cjs'),
  });
  install('/proc/self/exe');
  symlinkSync('../expd.service', join(units, 'default.target.wants/expd.service'));
  expect((await probe(given)).boot.unit).toMatchObject({ enabled: true, missingProgram: null });
});

test('a command line of a unit is read as systemd reads it', () => {
  const argv = ['/a b/node', '/100%/$x/"q"\\/expd.cjs', 'plain'];
  expect(commandOf(startUpUnit(shippedUnit, { argv, env: {} }))).toEqual(argv);
  expect(commandOf('ExecStart=/usr/bin/expd --slots 2\n')).toEqual(['/usr/bin/expd', '--slots', '2']);
});
