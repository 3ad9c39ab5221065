import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CannotInstall, install, installed, uninstall } from '../../src/client/install.js';
import { setCronLine, startUpUnit } from '../../src/client/startup.js';
import { skipUnless } from '../helpers/skip.js';

const start = { argv: ['/usr/bin/node', '/opt/expd/dist/bin/expd.cjs'], env: {} };

describe('the crontab line', () => {
  test('is added once, leaves every other line alone, and goes again', () => {
    for (const others of ['', '# mine\n0 5 * * * backup\n', '0 5 * * * no newline at the end']) {
      const added = setCronLine(others, start);
      expect(added).toContain('@reboot /usr/bin/node /opt/expd/dist/bin/expd.cjs >/dev/null 2>&1 #');
      expect(setCronLine(added, start)).toBe(added);
      expect(setCronLine(added, null).trimEnd()).toBe(others.trimEnd());
    }
  });

  test('replaces the line of an earlier installation', () => {
    const moved = setCronLine(setCronLine('', start), { ...start, argv: ['/usr/bin/node', '/new/expd.cjs'] });
    expect(moved.match(/@reboot/g)).toHaveLength(1);
    expect(moved).toContain('/new/expd.cjs');
  });

  test('quotes for the shell, and % for cron', () => {
    const odd = { argv: ["/it's here/100%/expd"], env: { EXPD_HOME: '/a b' } };
    expect(setCronLine('', odd)).toContain("@reboot EXPD_HOME='/a b' '/it'\\''s here/100\\%/expd' >");
  });
});

describe('the unit', () => {
  const shipped = readFileSync('systemd/user/expd.service', 'utf8');

  test('is the shipped one but for the command and the places', () => {
    const text = startUpUnit(shipped, { ...start, env: { EXPD_HOME: '/srv/e' } });
    expect(text).toContain(
      'Environment="EXPD_HOME=/srv/e"\nExecStart="/usr/bin/node" "/opt/expd/dist/bin/expd.cjs"\n',
    );
    expect(text.split('\n').filter((line) => !/^(Environment|ExecStart)=/.test(line))).toEqual(
      shipped.split('\n').filter((line) => !line.startsWith('ExecStart=')),
    );
  });

  test('quotes what systemd would take apart', () => {
    const text = startUpUnit(shipped, { argv: ['/a b/100%/$x/"q"\\'], env: {} });
    expect(text).toContain(String.raw`ExecStart="/a b/100%%/$$x/\"q\"\\"`);
  });
});

describe('installing', () => {
  let home: string;
  const { PATH } = process.env;

  /** A crontab program with a file in place of the spool; the real one would change this machine's. */
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'expd-install-'));
    const crontab = `#!/bin/sh
case $1 in
  -l) cat "${home}/tab" 2>/dev/null || { echo "no crontab for me" >&2; exit 1; } ;;
  -) cat > "${home}/tab" ;;
esac
`;
    writeFileSync(join(home, 'crontab'), crontab);
    chmodSync(join(home, 'crontab'), 0o755);
    process.env.PATH = `${home}:${PATH}`;
  });
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(home, { recursive: true, force: true });
  });

  const bare = !existsSync('/run/systemd/system');
  const withoutSystemd = skipUnless(bare, 'this machine runs systemd; tests/system boots one of its own');

  withoutSystemd('without systemd adds a crontab line, once, and takes it away', async () => {
    const env = { HOME: home, EXPD_HOME: join(home, 'e') };
    expect(await installed(env)).toBe(null);
    const first = await install(env);
    expect(first).toMatchObject({
      means: 'crontab',
      did: ['added an @reboot line to your crontab'],
      warnings: [],
    });
    const tab = readFileSync(join(home, 'tab'), 'utf8');
    expect(tab).toContain(`EXPD_HOME=${home}/e ${process.execPath} `);
    expect(await installed(env)).toBe('crontab');

    expect((await install(env)).did).toEqual([]);
    expect(readFileSync(join(home, 'tab'), 'utf8')).toBe(tab);

    expect(await uninstall(env)).toHaveLength(1);
    expect(await installed(env)).toBe(null);
    expect(await uninstall(env)).toEqual([]);
  });

  withoutSystemd('without cron either says what to do', async () => {
    process.env.PATH = home;
    rmSync(join(home, 'crontab'));
    const refused = await install({ HOME: home }).catch((reason: unknown) => reason);
    expect(refused).toBeInstanceOf(CannotInstall);
    expect(refused).toMatchObject({ hint: expect.stringContaining('dist/bin/expd.cjs') });
  });
});
