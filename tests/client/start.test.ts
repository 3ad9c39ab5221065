import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, processesWith } from '../helpers/home.js';
import { commandLine } from '../helpers/processes.js';
import { until } from '../helpers/until.js';

let home: Home;
beforeEach(() => {
  // Variables that are empty count as unset.
  home = new Home({ EXPD_NO_START: '' });
});
afterEach(() => home.close());

const daemons = (): number[] =>
  processesWith(`EXPD_HOME=${join(home.dir, 'home')}`).filter((pid) =>
    commandLine(pid).includes('bin/expd.cjs'),
  );

describe('a daemon is started when none runs', () => {
  test('and it is said, once; submit says what a reboot does', async () => {
    const first = await home.expctl(['submit', '-q', '--hold', '--', 'true']);
    expect([first.code, first.stdout]).toEqual([0, '1\n']);
    const [pid] = daemons();
    expect(first.stderr).toContain(`started the daemon (pid ${pid})\n`);
    expect(first.stderr).toContain('a reboot will not bring it back until you run: expctl daemon install');
    const second = await home.expctl(['ls']);
    expect(second.stderr).toBe('');
    expect(daemons()).toEqual([pid]);
  });

  test('with a clean environment, in /, in a session of its own', async () => {
    await home.expctl(['ls'], {
      env: {
        EXPD_RUN_ID: '7',
        HF_TOKEN: 'hf_secret',
        DISPLAY: ':0',
        EXPD_SLOTS: '3',
      },
    });
    const [pid] = daemons();
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    expect(environment).toContain('EXPD_SLOTS=3');
    for (const name of ['EXPD_RUN_ID', 'HF_TOKEN', 'DISPLAY'])
      expect(environment.filter((entry) => entry.startsWith(`${name}=`))).toEqual([]);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    expect(Number(stat[3])).toBe(pid);
  });

  test('not inside a run, whose end would be its own', async () => {
    const { code, stderr } = await home.expctl(['submit', '--', 'true'], { env: { EXPD_ATTEMPT_ID: 'abc' } });
    expect(code).toBe(4);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(daemons()).toEqual([]);
  });

  test('by several at a time: there is one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => home.expctl(['submit', '-q', '--hold', '--', 'true'])),
    );
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(answers.map(({ stdout }) => Number(stdout)).toSorted()).toEqual([1, 2, 3, 4, 5]);
    await until('the others are gone', () => daemons().length === 1);
  });

  test('not where that is forbidden', async () => {
    for (const [args, env] of [
      [['ls', '--no-start'], {}],
      [['--no-start', 'ls'], {}],
      [['submit', '--', 'true'], { EXPD_NO_START: '1' }],
      [['daemon', 'status'], {}],
      [['daemon', 'stop', '--no-start'], {}],
    ] as [string[], Record<string, string>][]) {
      const { code, stderr, stdout } = await home.expctl(args, { env });
      if (args[1] === 'stop') expect([code, stdout]).toEqual([0, 'no daemon runs\n']);
      else expect(code).toBe(4);
      expect(`${stderr}${stdout}`).toMatch(/no daemon runs/);
    }
    expect((await home.expctl(['wait', '1', '--no-start'])).code).toBe(125);
    expect(JSON.parse((await home.expctl(['daemon', 'status', '--json'])).stdout)).toMatchObject({
      running: false,
      pid: null,
    });
    expect((await home.expctl(['version'])).stdout).toContain('no daemon runs');
    expect((await home.expctl(['completion', 'words', '--', 'show', ''])).code).toBe(0);
    expect(daemons()).toEqual([]);
  });

  test('after it was stopped on purpose only by submit and daemon start', async () => {
    const [id] = [await home.submit(['true'], ['--hold'])];
    expect(await home.ok('daemon', 'stop')).toMatch(/ended; runs go on/);
    expect(daemons()).toEqual([]);
    const refused = await home.expctl(['ls']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toBe('expctl: the daemon was stopped; expctl daemon start starts it again\n');
    expect(await home.ok('daemon', 'start')).toMatch(/the daemon runs, pid \d+/);
    expect(await home.ok('daemon', 'start')).toMatch(/the daemon runs, pid \d+/);
    expect(await home.ok('ls', '-q')).toBe(`${id}\n`);
    await home.ok('daemon', 'stop');
    expect(await home.submit(['true'], ['--hold'])).toBe(id + 1);
    // And that counts: after a crash now, any verb starts it.
    process.kill(daemons()[0]!, 'SIGKILL');
    await until('it is gone', () => daemons().length === 0);
    expect((await home.expctl(['ls'])).stderr).toContain('started the daemon');
  });
});

describe('a daemon that cannot start', () => {
  test('says why, in one line', async () => {
    mkdirSync(join(home.dir, 'home/config'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home.dir, 'home/config/settings.yaml'), 'slots: many\n');
    const { code, stderr } = await home.expctl(['submit', '--', 'true']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^expctl: the daemon did not start: .*slots.*many.*\n$/);
    expect((await home.expctl(['doctor'])).stdout).toMatch(/^FAIL {2}the daemon did not start: .*slots/);
    expect((await home.expctl(['doctor'])).code).toBe(1);
  });

  test('a socket path that is too long', async () => {
    const { code, stderr } = await home.expctl(['ls'], { env: { EXPD_HOME: `/tmp/${'x'.repeat(100)}` } });
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /^expctl: the path of the socket is too long \(\d+ bytes, 103 go\).*EXPD_HOME to a shorter directory\n$/,
    );
  });

  test('a state directory that others may enter', async () => {
    mkdirSync(home.state, { recursive: true });
    chmodSync(join(home.dir, 'home'), 0o777);
    chmodSync(home.state, 0o777);
    const { code, stderr } = await home.expctl(['ls']);
    expect(code).toBe(4);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(home.state);
  });
});

test('a working directory that is gone is said', async () => {
  await home.expctl(['ls']);
  const gone = join(home.project, 'gone');
  mkdirSync(gone);
  const { stderr, code } = await home.expctl(['submit', '--', 'true', gone], { cwd: home.project });
  expect([code, stderr.includes('gone;')]).toEqual([0, false]);
  home.script(
    'there.sh',
    `cd ${gone} && rmdir ${gone} && exec ${home.node} ${home.programs.expctl} submit -- true\n`,
  );
  const { spawnSync } = await import('node:child_process');
  const result = spawnSync('sh', ['there.sh'], { cwd: home.project, env: home.env, encoding: 'utf8' });
  expect(result.status).toBe(2);
  expect(result.stderr).toBe('expctl: the working directory is gone; cd to one that exists\n');
  expect(existsSync(gone)).toBe(false);
});

test('each verb starts from code that was compiled for it; what is none leaves nothing', async () => {
  const compiled = () => readdirSync(resolve(import.meta.dirname, '../../dist/cache'));
  await home.expctl(['completion', 'bash']);
  expect((await home.expctl(['nonesuch'])).code).toBe(2);
  expect(compiled().some((name) => name.startsWith('expctl-completion-'))).toBe(true);
  expect(compiled().filter((name) => name.includes('nonesuch'))).toEqual([]);
});
