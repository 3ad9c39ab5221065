import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';
import { Container, canBoot, UID, USER } from './container.js';

// What `expctl daemon install` does on a machine with systemd: a unit in the user's own manager, without a login.

let machine: Container;
const possible = canBoot();
const inContainer = skipUnless(possible, 'needs root and systemd-nspawn: npm run setup:system');

beforeAll(async () => {
  if (!possible) return;
  machine = new Container([], {});
  cpSync(join(import.meta.dirname, 'trainee.sh'), machine.file('trainee.sh'));
  await machine.boot();
  // The container's disk is small.
  await machine.user('mkdir', '-p', '.config/expd');
  await machine.user('sh', '-c', 'echo "low_water: 0" > .config/expd/settings.yaml');
});
afterAll(() => machine?.close());

const UNIT = '.config/systemd/user/expd.service';
const systemctl = (...words: string[]): Promise<string> => machine.user('systemctl', '--user', ...words);
const findings = async (): Promise<Record<string, string>> => {
  const { checks }: { checks: { id: string; level: string }[] } = JSON.parse(
    await machine.expctl('doctor', '--json'),
  );
  return Object.fromEntries(checks.map(({ id, level }) => [id, level]));
};

inContainer('installs the unit and enables lingering, once', async () => {
  // The user has no manager yet: lingering starts it.
  expect(JSON.parse(await machine.expctl('daemon', 'install', '--json'))).toMatchObject({
    means: 'systemd',
    did: [
      expect.stringContaining('enabled lingering'),
      `wrote /home/${USER}/${UNIT}`,
      'enabled expd.service',
    ],
    warnings: [],
  });
  await until("the user's manager answers", () => machine.answers('test', '-S', `/run/user/${UID}/bus`));

  expect((await systemctl('is-enabled', 'expd.service')).trim()).toBe('enabled');
  const unit = readFileSync(machine.file(UNIT), 'utf8');
  expect(unit).toContain(`ExecStart="${process.execPath}" "`);

  expect(JSON.parse(await machine.expctl('daemon', 'install', '--json'))).toMatchObject({
    did: [],
    warnings: [],
  });
  expect(readFileSync(machine.file(UNIT), 'utf8')).toBe(unit);
});

inContainer('submit starts the daemon through its unit; doctor finds nothing to install', async () => {
  await machine.expctl('submit', '-q', '--name', 'one', '--', 'bash', 'trainee.sh', 'polite');
  expect((await systemctl('is-active', 'expd.service')).trim()).toBe('active');
  // Only the end of the manager itself reaches runs: after this it is still attempt 1.
  await systemctl('restart', 'expd.service');
  expect(await findings()).toMatchObject({
    at_boot: 'ok',
    lingering: 'ok',
    socket_cleaner: 'ok',
    cgroup: 'ok',
    private: 'ok',
    orphans: 'ok',
  });
});

inContainer(
  'a reboot brings daemon and run back without a login',
  async () => {
    const checkpoint = 'checkpoints/step-00000002/MANIFEST.json';
    await until(
      'it saves',
      async () => {
        const { run } = JSON.parse(await machine.expctl('show', '1', '--json'));
        return run.runDir !== null && existsSync(join(machine.root, run.runDir, checkpoint));
      },
      20_000,
    );
    await machine.reboot();
    const shown = await until(
      'attempt 2 runs',
      async () => {
        const answer = await machine.expctl('show', '1', '--json', '--no-start').catch(() => null);
        const value = answer === null ? null : JSON.parse(answer);
        return value?.run.state === 'running' && value.run.attempt === 2 ? value : undefined;
      },
      60_000,
    );
    // A user's manager that ends would kill it at once; it was given the time to save.
    expect(readFileSync(machine.file('one.log'), 'utf8')).toContain('attempt 1 saved and left');
    expect(shown.attempts[0].outcome.code).toBe('terminated_from_outside');
    expect(shown.attempts[1].resumedStep).toBeGreaterThanOrEqual(2);
    expect((await systemctl('is-active', 'expd.service')).trim()).toBe('active');
  },
  180_000,
);

inContainer('uninstall takes unit and start at boot away, and leaves daemon and run alone', async () => {
  await machine.expctl('daemon', 'uninstall');
  expect(existsSync(machine.file(UNIT))).toBe(false);
  expect(existsSync(machine.file('.config/systemd/user/default.target.wants/expd.service'))).toBe(false);
  const { run } = JSON.parse(await machine.expctl('show', '1', '--json', '--no-start'));
  expect(run.state).toBe('running');
  expect(await findings()).toMatchObject({ at_boot: 'warn' });
});
