import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, type Output, processesWith } from '../helpers/home.js';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';

// What people do wrong, and what machines do to them: one clear line, the documented exit code, nothing lost.

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

/** The one line on standard error. */
const line = ({ stderr }: Output): string => {
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return stderr.trimEnd();
};

/** expctl that may start the daemon by itself. */
const starting = (args: string[], env: Record<string, string> = {}) =>
  home.expctl(args, { env: { EXPD_NO_START: '', ...env } });

describe('a daemon that cannot start says why through expctl', () => {
  const submit = async (): Promise<string> => {
    const output = await starting(['submit', '--', 'true']);
    expect([output.code, output.stdout]).toEqual([4, '']);
    return line(output);
  };

  test('a state directory that others may read', async () => {
    mkdirSync(home.state, { recursive: true });
    chmodSync(home.state, 0o755);
    expect(await submit()).toMatch(/open to others \(mode 0755\); chmod 700 .*state$/);
  });

  skipUnless(process.getuid!() === 0, 'only root can give a directory away')(
    'a state directory of another user',
    async () => {
      mkdirSync(home.state, { recursive: true });
      chmodSync(home.state, 0o700);
      chownSync(home.state, 65534, 65534);
      expect(await submit()).toMatch(/belongs to uid 65534, not to uid 0; sudo chown -R 0 /);
    },
  );

  test.each([
    ['slots: [', /settings\.yaml: .* at line \d+, column \d+; mend the file$/],
    ['slotz: 2', /unknown setting slotz; the settings are slots, /],
    ['slots: many', /slots: "many" is not a whole number from 1 to 4096/],
  ])('settings.yaml: %s', async (text, message) => {
    mkdirSync(join(home.dir, 'home/config'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home.dir, 'home/config/settings.yaml'), text);
    expect(await submit()).toMatch(message);
  });

  describe('a database', () => {
    const file = () => join(home.state, 'expd.db');
    beforeEach(async () => {
      await home.start();
      expect((await home.expctl(['wait', String(await home.submit(['true']))])).code).toBe(0);
      await home.stop();
    });

    test('of a newer version is left alone', async () => {
      const db = new Database(file());
      db.pragma('user_version = 9999');
      db.close();
      const before = readFileSync(file());
      expect(await submit()).toMatch(/written by a newer expd \(schema 9999, this one knows \d+\)/);
      expect(readFileSync(file()).equals(before)).toBe(true);
    });

    test.each([
      ['that is empty', Buffer.alloc(0)],
      ['of garbage', Buffer.alloc(20_000, 'garbage ')],
    ])('%s is refused with the recipe, and kept', async (_, bytes) => {
      writeFileSync(file(), bytes);
      for (const more of ['-wal', '-shm']) rmSync(file() + more, { force: true });
      expect(await submit()).toMatch(/is damaged: .*; a copy is in .*; put a backup .* in its place/);
      const copy = readdirSync(home.state).find((name) => name.startsWith('expd.db.corrupt-'))!;
      expect(readFileSync(join(home.state, copy)).equals(bytes)).toBe(true);
    });
  });
});

test('the path of a socket that is too long', async () => {
  const far = join(home.dir, 'x'.repeat(120));
  mkdirSync(far);
  const output = await starting(['submit', '--', 'true'], { EXPD_HOME: far });
  expect(output.code).toBe(5);
  expect(line(output)).toMatch(/path of the socket is too long \(\d+ bytes, 103 go\).*shorter directory/);
  expect(readdirSync(far)).toEqual([]);
});

test('a relative EXPD_HOME is one of the working directory, for the daemon that is started as well', async () => {
  const output = await starting(['submit', '-q', '--', 'true'], { EXPD_HOME: 'here' });
  const place = join(home.project, 'here');
  try {
    expect([output.code, output.stdout]).toEqual([0, '1\n']);
    expect(existsSync(join(place, 'state/expd.db'))).toBe(true);
    const elsewhere = await home.expctl(['wait', '1'], { env: { EXPD_HOME: place } });
    expect(elsewhere.code).toBe(0);
  } finally {
    await home.expctl(['daemon', 'stop'], { env: { EXPD_HOME: place } });
  }
});

test('bytes that are no UTF-8 are refused, never altered; U+FFFD itself passes', async () => {
  await home.start();
  const shell = (script: string) =>
    promisify(execFile)('bash', ['-c', script, home.node, home.programs.expctl], {
      cwd: home.project,
      env: home.env,
    }).catch((error: { stderr: string; code: number }) => error);
  const submit = '"$0" "$1" submit -q --';
  expect(await shell(`${submit} cat $'a\\xff.txt'`)).toMatchObject({
    code: 2,
    stderr:
      'expctl: "a\ufffd.txt" is not UTF-8 and would reach the run altered; rename the file, or name it inside a script\n',
  });
  expect(await shell(`mkdir $'d\\xff' && cd $'d\\xff' && ${submit} true`)).toMatchObject({
    code: 2,
    stderr: 'expctl: the path of the working directory is not UTF-8; rename it\n',
  });
  expect(await shell(`${submit} echo $'\\xef\\xbf\\xbd'`)).toMatchObject({ stdout: '1\n' });
  expect(JSON.parse(await home.ok('ls', '-a', '--json')).runs).toHaveLength(1);
});

test('no daemon is started inside a run: it would end with that run', async () => {
  await home.start();
  const [node, expctl, nowhere] = [home.node, home.programs.expctl, join(home.dir, 'nowhere')];
  const script = home.script(
    'inner.sh',
    `EXPD_NO_START= EXPD_HOME=${nowhere} ${node} ${expctl} submit -- true; echo "exit $?"`,
  );
  const id = await home.submit(['sh', script]);
  expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  expect(await home.ok('logs', String(id))).toMatch(
    /no daemon runs at .*nowhere.* inside a run would end with that run; start it outside: .*\nexit 4\n/,
  );
  expect(existsSync(nowhere)).toBe(false);
});

test('from inside a run another one can be submitted, which has nothing of the outer one', async () => {
  await home.start();
  const outer = home.script(
    'outer.sh',
    `EXPD_HOME=${home.env.EXPD_HOME} ${home.node} ${home.programs.expctl} submit -q --name inner -- env`,
  );
  expect((await home.expctl(['run', '--name', 'outer', '--', 'sh', outer])).code).toBe(0);
  expect((await home.expctl(['wait', 'inner'])).code).toBe(0);
  const env = await home.ok('logs', 'inner');
  const { ulid } = await home.run(2);
  expect(env).toContain('EXPD_RUN_ID=2\n');
  expect(env).toContain(`EXPD_RUN_ULID=${ulid}\n`);
  expect(env).toMatch(/^EXPD_EXPERIMENT_ID=inner-2$/m);
  expect(env).not.toMatch(/=outer/);
});

describe('a command', () => {
  beforeEach(() => home.start());

  /** Submits, waits: what was warned of, the exit code, and how the run ended. */
  const attempt = async (...argv: string[]) => {
    const { stderr, stdout, code } = await home.expctl(['submit', '-q', '--', ...argv]);
    expect(code).toBe(0);
    const waited = await home.expctl(['wait', stdout.trim()]);
    return { warned: stderr, code: waited.code, end: waited.stdout };
  };

  test('that is not there: said at submission, failed at once with 127', async () => {
    const { warned, code, end } = await attempt('no-such-program');
    expect(warned).toMatch(/^warning: no-such-program is not on the PATH/);
    expect([code, end]).toEqual([127, expect.stringMatching(/failed: .*no such program.*ENOENT/)]);
  });

  test('that cannot be executed: 126', async () => {
    writeFileSync(join(home.project, 'data.txt'), 'x', { mode: 0o644 });
    const plain = await attempt('./data.txt');
    expect(plain.warned).toMatch(/data\.txt cannot be executed/);
    expect([plain.code, plain.end]).toEqual([126, expect.stringMatching(/not executable \(EACCES\)/)]);
    home.script('binary', '\0\0nothing');
    const binary = await attempt('./binary');
    expect([binary.code, binary.end]).toEqual([126, expect.stringMatching(/ENOEXEC/)]);
  });

  test('without --, empty, or with overrides of a config', async () => {
    const cases = [
      [['submit', 'python', 'x.py', '--lr', '1'], /did you mean `expctl submit -- python x\.py --lr 1`\?$/],
      [['submit', '--name', 'a', 'python', 'x.py'], /did you mean `expctl submit --name a -- python x\.py`/],
      [['submit', '--', ''], /there is no command to run/],
      [['submit', '--'], /no command stands behind --/],
      [['submit', '-m', '--', 'python', 'x.py'], /nothing in the command sweeps; write lr=0\.1,0\.01/],
      [['submit', '--gpus', '1', '--', 'true'], /--gpus comes with GPU management/],
    ] as const;
    for (const [args, message] of cases) {
      const output = await home.expctl([...args]);
      expect([output.code, output.stdout]).toEqual([2, '']);
      expect(line(output)).toMatch(message);
    }
    // Of a configuration a second line says what there is.
    const composed = await home.expctl(['submit', 'trainer=digits', 'lr=1']);
    expect([composed.code, composed.stdout]).toEqual([2, '']);
    expect(composed.stderr).toMatch(/^expctl: Could not override 'lr': .*use \+lr=1\n {2}there is: .*\n$/);
    expect(JSON.parse(await home.ok('ls', '--json', '-a')).runs).toEqual([]);
  });

  test('names of 4 KB, of digits, of blanks, like a flag: refused', async () => {
    for (const name of ['n'.repeat(4096), '12', 'a b', 'a\nb', '🙂', '@x', '-x', '../x']) {
      const output = await home.expctl(['submit', `--name=${name}`, '--', 'true']);
      expect(output.code).toBe(2);
      expect(line(output)).toMatch(/names have 1 to 128 of A-Z a-z 0-9 \. _ -$/);
      expect(line(output).length).toBeLessThan(400);
    }
  });

  test('whose words hold 100 KB, newlines, emoji and control characters arrives byte for byte', async () => {
    const words = ['a\nb', '🙂', '', '\x1b[31m', "it's", 'x'.repeat(100_000)];
    const print = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
    const id = await home.submit([home.node, '-e', print, '--', ...words]);
    expect((await home.expctl(['wait', String(id)])).code).toBe(0);
    expect(JSON.parse(await home.ok('logs', String(id)))).toEqual(words);
    const shown = await home.ok('show', String(id));
    expect(shown).not.toContain('\x1b');
  });

  test('whose directory is gone while the shell stands in it', async () => {
    const gone = join(home.project, 'gone');
    const script = `mkdir ${gone}; cd ${gone}; rmdir ${gone}; exec ${home.node} ${home.programs.expctl} submit -- true`;
    const file = home.script('from-gone.sh', script);
    const id = await home.submit(['sh', '-c', `EXPD_HOME=${home.env.EXPD_HOME} sh ${file}; echo "exit $?"`]);
    expect((await home.expctl(['wait', String(id)])).code).toBe(0);
    expect(await home.ok('logs', String(id))).toMatch(
      /expctl: the working directory is gone; cd to one that exists\nexit 2\n$/,
    );
  });
});

describe('outputs', () => {
  test('that cannot be written: tried again, with the cause in ls, and startable once mended', async () => {
    await home.start();
    const blocked = join(home.project, 'outputs');
    writeFileSync(blocked, 'a file');
    const id = await home.submit(['true']);
    const waiting = await until('its start failed', async () => {
      const run = await home.run(id);
      return run.reason?.code === 'backoff' ? run : undefined;
    });
    expect(waiting.reason!.text).toMatch(/^could not be started: .*outputs.*; tries again at \d\d:\d\d:\d\d/);
    rmSync(blocked);
    expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  });

  test('that were deleted: logs say so, show and rm still work', async () => {
    await home.start();
    const id = String(await home.submit(['echo', 'hi']));
    await home.expctl(['wait', id]);
    await until('its records are written', () => existsSync(join(home.project, 'outputs/runs_index.jsonl')));
    rmSync(join(home.project, 'outputs'), { recursive: true, maxRetries: 10 });
    const logs = await home.expctl(['logs', id]);
    expect([logs.code, line(logs)]).toEqual([3, expect.stringMatching(/the log of run 1 is gone: .*log/)]);
    const followed = await home.expctl(['logs', '-f', id]);
    expect([followed.code, line(followed)]).toEqual([125, expect.stringMatching(/is gone/)]);
    expect(await home.ok('show', id)).toMatch(/run 1 .*succeeded/);
    expect(await home.ok('rm', '--files', id)).toMatch(/^run 1 removed/);
  });
});

describe('standard output', () => {
  /** expctl with this file as standard output; its exit code and standard error. */
  async function into(file: string, ...args: string[]): Promise<[number | null, string]> {
    const child = spawn(home.node, [home.programs.expctl, ...args], {
      cwd: home.project,
      env: home.env,
      stdio: ['ignore', openSync(file, 'w'), 'pipe'],
    });
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return [code, said];
  }

  test('on a full disk: one line, and what was asked is done', async () => {
    await home.start();
    const [code, said] = await into('/dev/full', 'submit', '-q', '--', 'sh', '-c', 'echo hi; exit 3');
    expect([code, said]).toEqual([
      1,
      'expctl: standard output cannot be written (ENOSPC); what was asked may be done all the same\n',
    ]);
    expect((await home.expctl(['wait', '1'])).code).toBe(3);
    expect((await into('/dev/full', 'logs', '-f', '1'))[0]).toBe(125);
    expect((await into('/dev/full', 'ls', '--json'))[0]).toBe(1);
  });

  test('closed: no error, and what was asked is done', async () => {
    await home.start();
    const file = home.script(
      'closed.sh',
      `${home.node} ${home.programs.expctl} submit -q -- sh -c 'exit 4' >&-; echo $? > code`,
    );
    await once(spawn('sh', [file], { cwd: home.project, env: home.env, stdio: 'ignore' }), 'close');
    expect(readFileSync(join(home.project, 'code'), 'utf8')).toBe('0\n');
    expect((await home.expctl(['wait', '1'])).code).toBe(4);
  });
});

describe('Ctrl-C', () => {
  test('at any moment of a submission: it is queued or it is not, and only once', async () => {
    await home.start();
    for (let ms = 0; ms < 180; ms += 30) {
      const child = home.spawnExpctl(['submit', '-q', '--name', `at${ms}`, '--', 'true']);
      let acknowledged = '';
      child.stdout!.on('data', (chunk: Buffer) => {
        acknowledged += chunk;
      });
      const stop = setTimeout(() => child.kill('SIGINT'), ms);
      await once(child, 'close');
      clearTimeout(stop);
      const { runs } = JSON.parse(await home.ok('ls', '-a', '--json', '--name', `at${ms}`));
      if (acknowledged !== '') expect(runs).toMatchObject([{ id: Number(acknowledged) }]);
      else expect(runs.length).toBeLessThanOrEqual(1);
    }
  });

  test('in run: it says that the run goes on, and it does', async () => {
    await home.start();
    const gate = join(home.project, 'gate');
    const child = home.spawnExpctl([
      'run',
      '--',
      'sh',
      '-c',
      `echo begun; while [ ! -e ${gate} ]; do sleep 0.05; done`,
    ]);
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    let shown = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      shown += chunk;
    });
    await until('it follows', () => shown.includes('begun'));
    child.kill('SIGINT');
    expect((await once(child, 'close'))[1]).toBe('SIGINT');
    expect(said).toMatch(/run 1 goes on; expctl cancel 1\n$/);
    expect(processesWith('EXPD_RUN_ID=1').length).toBeGreaterThan(0);
    writeFileSync(gate, '');
    expect((await home.expctl(['wait', '1'])).code).toBe(0);
  });
});
