import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';

// Verbs together, as people use them over days: what one did is what the next one finds.

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

const wait = async (run: number | string): Promise<number | null> =>
  (await home.expctl(['wait', String(run)])).code;

/** The exit code and the one line of a refusal. */
const refused = async (...args: string[]): Promise<[number | null, string]> => {
  const { code, stderr } = await home.expctl(args);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return [code, stderr.trimEnd()];
};

describe('edit', () => {
  beforeEach(() => home.start());

  test('before the first attempt: everything, and that is what runs', async () => {
    const id = String(await home.submit(['false'], ['--hold', '--name', 'draft']));
    await home.ok('edit', id, '--env', 'WORD=new', '--', 'sh', '-c', 'echo $WORD in $PWD; sleep 100');
    await home.ok('edit', id, '--name', 'final', '--time', '1s', '-C', home.dir, '--retries', '0');
    await home.ok('release', 'final');
    expect(await wait(id)).toBe(124);
    expect(await home.ok('logs', id)).toBe(`new in ${home.dir}\n`);
    expect(await refused('show', 'draft')).toEqual([3, expect.stringMatching(/no run named "draft"/)]);
  });

  test('after it: labels and turn, not what is executed; at the end only tags and note', async () => {
    const id = String(await home.submit(['sleep', '100'], ['--grace', '1s']));
    await home.untilState(Number(id), 'running');
    for (const change of [
      ['--time', '5m'],
      ['--env', 'A=b'],
      ['-C', '/'],
      ['--', 'true'],
    ])
      expect(await refused('edit', id, ...change)).toEqual([
        1,
        `expctl: run ${id} has been started: command, environment, directory and time can no longer be edited; expctl rerun ${id} makes a new one`,
      ]);
    await home.ok('edit', id, '--priority', '-7', '--retries', '2', '--name', 'other', '--begin', 'now+1h');
    expect(await home.run(Number(id))).toMatchObject({
      name: 'other',
      priority: -7,
      retries: 2,
      state: 'running',
    });
    await home.ok('cancel', id);
    expect(await wait(id)).toBe(130);
    expect(await refused('edit', id, '--priority', '1')).toEqual([
      1,
      expect.stringMatching(/is over: only tags and note can be edited/),
    ]);
    await home.ok('tag', id, 'kept');
    await home.ok('note', id, 'after', 'the', 'end');
    expect(await home.run(Number(id))).toMatchObject({ tags: ['kept'], note: 'after the end' });
  });

  test('a run cannot wait for itself, nor for what waits for it', async () => {
    const first = String(await home.submit(['true'], ['--hold']));
    const second = String(await home.submit(['true'], ['--after', first]));
    expect((await refused('edit', first, '--after', first))[0]).toBe(1);
    expect((await refused('edit', first, '--after', second))[0]).toBe(1);
    await home.ok('edit', second, '--after', 'none');
    expect(await wait(second)).toBe(0);
  });
});

describe('again', () => {
  beforeEach(() => home.start());

  test('retry and rerun take the stored environment, changed as they are told', async () => {
    const shell = (value: string) => ({ env: { MINE: value, HF_TOKEN: `hf_${value}` } });
    const submit = ['submit', '-q', '--', 'sh', '-c', 'echo $MINE $HF_TOKEN $MORE; exit 1'];
    const id = (await home.expctl(submit, shell('first'))).stdout.trim();
    const said: string[] = [];
    for (const more of [[], ['--env', 'MORE=x'], ['--env-drop', 'HF_*'], ['--env-from-shell']]) {
      if (said.length > 0) expect((await home.expctl(['retry', id, ...more], shell('second'))).code).toBe(0);
      else await home.expctl(['wait', id]);
      expect(await wait(id)).toBe(1);
      said.push((await home.ok('logs', id)).trim());
    }
    expect(said).toEqual(['first hf_first', 'first hf_first x', 'first x', 'second hf_second']);
    await home.expctl(['rerun', id, '--', 'more'], shell('third'));
    expect(await wait('@')).toBe(1);
    expect((await home.ok('logs', '@')).trim()).toBe('second hf_second');
    expect(JSON.parse(await home.ok('show', '@', '--json')).run.argv.at(-1)).toBe('more');
  });

  test('a checkpoint that is not there is refused at once, and nothing changes', async () => {
    const id = String(await home.submit(['true']));
    expect(await wait(id)).toBe(0);
    expect(await refused('retry', id)).toEqual([
      1,
      expect.stringMatching(/expctl resume 1 .* expctl rerun 1/),
    ]);
    expect(await refused('cancel', id)).toEqual([
      1,
      expect.stringMatching(/expctl resume 1 or expctl rerun 1/),
    ]);
    expect(await refused('resume', id, '--from', '')).toEqual([
      2,
      expect.stringMatching(/names no checkpoint/),
    ]);
    for (const from of ['700', '/etc', 'best', 'checkpoint-7'])
      expect(await refused('resume', id, '--from', from)).toEqual([
        3,
        expect.stringMatching(/no complete checkpoint|no --metric/),
      ]);
    expect(await home.run(Number(id))).toMatchObject({ state: 'succeeded', attempt: 1 });
  });

  test('--key until rm: what differs is named; environment and code are not compared', async () => {
    const keyed = (...words: string[]) => ['submit', '--key', 'k', '-q', ...words];
    expect(await home.ok(...keyed('--', 'true', 'a'))).toBe('1\n');
    expect(await home.ok(...keyed('--env', 'X=y', '--', 'true', 'a'))).toBe('1\n');
    for (const [words, what] of [
      [['--', 'true', 'b'], /another command/],
      [['-C', '/', '--', 'true', 'a'], /another working directory/],
      [['--retries', '3', '--', 'true', 'a'], /another retries/],
      [['--time', '5m', '--', 'true', 'a'], /another time limit/],
    ] as const) {
      const [code, line] = await refused(...keyed(...words));
      expect([code, line]).toEqual([1, expect.stringMatching(what)]);
      expect(line).toMatch(/choose another key, or expctl rm 1 first$/);
    }
    expect(await wait(1)).toBe(0);
    expect((await home.expctl(['submit', '--key', 'k', '--wait', '--', 'true', 'a'])).code).toBe(0);
    await home.ok('rm', '1');
    expect(await home.ok(...keyed('--', 'true', 'b'))).toBe('2\n');
  });
});

describe('rm', () => {
  beforeEach(() => home.start(['--slots', '3']));

  test('forgets what is over, says where the files lie, and what it cannot forget', async () => {
    const [done, kept] = [await home.submit(['true']), await home.submit(['false'])];
    expect([await wait(done), await wait(kept)]).toEqual([0, 1]);
    const waits = await home.submit(['true'], ['--after', String(kept)]);
    const { runDir } = await home.run(done);
    expect(await home.ok('rm', '1-3,9', '--dry-run').catch((error: Error) => error.message)).toMatch(/: 3\n/);
    expect(await home.ok('rm', String(done), '--dry-run')).toBe(
      `run ${done} would be removed; its files lie in ${runDir}\n`,
    );
    expect((await refused('rm', String(waits)))[1]).toMatch(/is queued; expctl cancel 3 ends it first/);
    expect((await refused('rm', String(kept)))[1]).toMatch(/run 3 waits for run 2/);
    expect(await home.ok('rm', String(done))).toBe(`run ${done} removed; its files lie in ${runDir}\n`);
    expect(existsSync(runDir)).toBe(true);
    expect((await refused('rm', String(done)))[0]).toBe(3);
  });

  test('--files moves all attempts to the trash, also through a linked outputs directory', async () => {
    const disk = join(home.dir, 'big-disk');
    mkdirSync(disk);
    symlinkSync(disk, join(home.project, 'outputs'));
    const id = await home.submit(['sh', '-c', 'echo $EXPD_ATTEMPT; exit 1']);
    expect(await wait(id)).toBe(1);
    await home.ok('retry', String(id));
    expect(await wait(id)).toBe(1);
    const young = await home.submit(['true']);
    expect(await wait(young)).toBe(0);
    expect(await home.ok('rm', '--older-than', '1h', '--dry-run')).toBe('');
    const { results } = JSON.parse(await home.ok('rm', '--files', '--json', String(id)));
    expect(results[0].paths).toHaveLength(2);
    const logs = results[0].paths.flatMap((dir: string) =>
      readdirSync(join(dir, 'logs')).map((name) => readFileSync(join(dir, 'logs', name), 'utf8')),
    );
    expect(logs.sort()).toEqual(['1\n', '2\n']);
    for (const path of results[0].paths) expect(path).toMatch(/outputs\/\.trash\//);
    expect(JSON.parse(await home.ok('ls', '-a', '--json')).runs).toMatchObject([{ id: young }]);
  });
});

test('a backup put in the place of the database brings back the runs', async () => {
  await home.start();
  const secret = 'hf_planted0planted0planted0planted0';
  const first = await home.expctl(['submit', '-q', '--', 'sh', '-c', 'exit 3'], {
    env: { HF_TOKEN: secret },
  });
  expect(await wait(first.stdout.trim())).toBe(3);
  await home.ok('daemon', 'backup', 'saved.db');
  expect(readFileSync(join(home.project, 'saved.db')).includes(secret)).toBe(false);
  expect(await wait(await home.submit(['true']))).toBe(0);
  await home.stop();
  for (const suffix of ['-wal', '-shm']) rmSync(join(home.state, `expd.db${suffix}`), { force: true });
  copyFileSync(join(home.project, 'saved.db'), join(home.state, 'expd.db'));
  await home.start();
  expect(JSON.parse(await home.ok('ls', '-a', '--json')).runs).toMatchObject([{ id: 1, exitCode: 3 }]);
  await home.ok('retry', '1');
  expect(await wait('1')).toBe(3);
  expect(await wait(await home.submit(['true']))).toBe(0);
});

describe('ids', () => {
  test('ranges, lists, @ and names; destructive verbs refuse a name that several have', async () => {
    await home.start();
    for (const name of ['a', 'b', 'a', 'c']) await home.submit(['true'], ['--hold', '--name', name]);
    const ids = async (...words: string[]) =>
      (await home.ok('ls', '-q', ...words)).trim().split('\n').map(Number);
    expect(await ids('1,3-9')).toEqual([1, 3, 4]);
    expect(await ids('@', '@~2')).toEqual([2, 4]);
    expect(await ids('a')).toEqual([3]);
    for (const word of ['3-1', '-1', '99999999999999999999', '@~-1', 'a b', '', '+1'])
      expect((await refused('show', word))[0]).toBe(2);
    for (const word of ['0', '99', '@~9', 'nobody', '1.5']) expect((await refused('show', word))[0]).toBe(3);
    expect((await refused('show', '1-3'))[0]).toBe(2);
    expect(await refused('cancel', 'a')).toEqual([
      2,
      expect.stringMatching(/several runs are named "a": 3, 1;/),
    ]);
    const some = await home.expctl(['cancel', '1-2,77']);
    expect([some.code, some.stdout.match(/cancelled/g)?.length]).toEqual([3, 4]);
  });

  test('ls -q says on standard error what is not among the ids', async () => {
    await home.start();
    const lines = Array.from({ length: 60 }, () => '{"argv":["true"],"hold":true}\n').join('');
    expect((await home.expctl(['submit', '-q', '-'], { input: lines })).code).toBe(0);
    const { stdout, stderr } = await home.expctl(['ls', '-q']);
    expect([stdout.trim().split('\n').length, stderr]).toEqual([50, '… 10 more held (-a)\n']);
    const all = await home.expctl(['ls', '-q', '-a']);
    expect([all.stdout.trim().split('\n').length, all.stderr]).toEqual([60, '']);
  });
});

test('--resume-arg takes words that begin with dashes', async () => {
  await home.start();
  const id = await home.submit(['echo'], ['--resume-arg', '--resume={ckpt}']);
  expect(await wait(id)).toBe(0);
  expect(JSON.parse(await home.ok('show', '--json', '@')).submission.resumeArg).toBe('--resume={ckpt}');
  expect(await refused('submit', '--name', '--hold', '--', 'true')).toEqual([
    2,
    expect.stringMatching(/--name needs a value/),
  ]);
});

test('a failure that will be tried again says why, where it waits', async () => {
  await home.start();
  const id = await home.submit(['sh', '-c', 'exit 6'], ['--retries', '1']);
  const waiting = await until('it waits', async () => {
    const run = await home.run(id);
    return run.reason?.code === 'backoff' ? run : undefined;
  });
  expect(waiting.reason!.text).toMatch(/^exit 6; tries again at \d\d:\d\d:\d\d$/);
  expect(await home.ok('ls')).toMatch(/queued .*exit 6; tries again at/);
  await home.ok('cancel', String(id));
});

describe('completion', () => {
  /** Whether a shell is there to be tried. */
  const has = (shell: string): boolean =>
    ['/bin', '/usr/bin', '/usr/local/bin'].some((dir) => existsSync(join(dir, shell)));

  beforeEach(async () => {
    await home.start();
    await home.submit(['true'], ['--name', 'baseline', '--hold']);
    const bin = join(home.dir, 'bin');
    mkdirSync(bin);
    symlinkSync(home.programs.expctl, join(bin, 'expctl'));
  });

  const run = (shell: string, flags: string[], text: string): string =>
    execFileSync(shell, [...flags, '-c', text], {
      encoding: 'utf8',
      env: { ...home.env, PATH: `${join(home.dir, 'bin')}:${process.env.PATH}`, TERM: 'dumb' },
      cwd: home.project,
    });

  test('bash: verbs, ids and names, flags, states', async () => {
    const script = await home.ok('completion', 'bash');
    const ask = (line: string): string[] =>
      run(
        'bash',
        ['--norc'],
        `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _expctl; echo "\${COMPREPLY[*]}"`,
      )
        .trim()
        .split(' ');
    expect(ask('expctl su')).toEqual(['submit']);
    expect(ask('expctl daemon st')).toEqual(['start', 'stop', 'status']);
    expect(ask("expctl show ''")).toEqual(['1', 'baseline']);
    expect(ask('expctl submit --resu')).toEqual(['--resume-arg']);
    expect(ask('expctl ls --state ca')).toEqual(['cancelled']);
  });

  skipUnless(has('fish'), 'fish is not installed')('fish: the same', async () => {
    const script = await home.ok('completion', 'fish');
    const ask = (line: string): string[] =>
      run('fish', ['--no-config'], `${script}\ncomplete -C '${line}'`).trim().split('\n').sort();
    expect(ask('expctl daemon st')).toEqual(['start', 'status', 'stop']);
    expect(ask('expctl show base')).toEqual(['baseline']);
  });

  skipUnless(has('zsh'), 'zsh is not installed')('zsh: the same', async () => {
    const script = await home.ok('completion', 'zsh');
    const ask = (...words: string[]): string[] =>
      run(
        'zsh',
        ['-f'],
        `compdef() { : }; compadd() { shift; print -l -- \${(P)1} }; _files() { : }
${script}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=$#words; _expctl`,
      )
        .trim()
        .split('\n')
        .sort();
    expect(ask('expctl', 'daemon', 'st')).toEqual(['start', 'status', 'stop']);
    expect(ask('expctl', 'show', 'base')).toEqual(['baseline']);
  });
});
