import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// expctl as people use it, against a real daemon; each test has runs of its own.

let home: Home;
beforeAll(async () => {
  home = new Home();
  await home.start(['--slots', '4']);
});
afterAll(() => home.close());

const json = async (...args: string[]) => JSON.parse(await home.ok('--json', ...args));
const held = (...flags: string[]): Promise<number> => home.submit(['true'], ['--hold', ...flags]);
const ended = async (argv: string[], flags: string[] = []): Promise<number> => {
  const id = await home.submit(argv, flags);
  await home.untilState(id, 'succeeded', 'failed', 'cancelled');
  return id;
};

describe('submit', () => {
  test('says id, state, name and project; -q the bare id; --json all of it', async () => {
    expect(await home.ok('submit', '--hold', '--', 'python', 'train.py')).toMatch(
      new RegExp(`^run \\d+ held: .*  train  project ${home.project}\\n$`),
    );
    expect(await home.ok('submit', '-q', '--hold', '--', 'true')).toMatch(/^\d+\n$/);
    const answer = await json('submit', '--hold', '--name', 'n', '--tag', 'a', '--', 'true');
    expect(answer).toMatchObject({
      schema: 1,
      results: [{ existing: false, error: null, run: { name: 'n', tags: ['a'], state: 'held' } }],
    });
  });

  test('argv arrives as it is: spaces, newlines, emoji, quotes, nothing', async () => {
    const argv = [
      'sh',
      '-c',
      'for w; do printf "<%s>" "$w"; done',
      'x',
      'a b',
      'c\nd',
      '🚀',
      "it's",
      '',
      '$HOME',
      '*',
    ];
    const id = await ended(argv);
    expect(await home.ok('logs', String(id))).toBe("<a b><c\nd><🚀><it's><><$HOME><*>");
    expect((await json('show', String(id))).run.argv).toEqual(argv);
    expect(await home.ok('show', String(id))).toContain("$'c\\nd'");
  });

  test('the run gets directory, environment, umask, limits and niceness of the shell', async () => {
    mkdirSync(join(home.project, 'sub'));
    const child = spawn(
      'bash',
      [
        '-c',
        `umask 027; ulimit -S -n 333; cd sub; nice -n 3 "$@"; true`,
        'x',
        process.execPath,
        home.programs.expctl,
        'submit',
        '-q',
        '--env',
        'ADDED=1 2',
        '--env-drop',
        'DROP*',
        '--',
        'sh',
        '-c',
        'pwd; umask; ulimit -n; nice; echo "$MINE-$ADDED-$DROPPED-$TERM-$EXPD_HOME-$PWD"',
      ],
      {
        cwd: home.project,
        env: { ...home.env, MINE: 'mine', DROPPED: 'x', TERM: 'xterm' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const id = Number((await child.stdout.toArray()).join(''));
    await home.untilState(id, 'succeeded');
    const where = join(home.project, 'sub');
    expect((await home.ok('logs', String(id))).split('\n')).toEqual([
      where,
      '0027',
      '333',
      '3',
      `mine-1 2---${''}-${where}`,
      '',
    ]);
  });

  test('--no-secrets leaves out what looks like one, and names it', async () => {
    const { stdout, stderr } = await home.expctl(
      ['submit', '-q', '--no-secrets', '--', 'sh', '-c', 'echo "<$HF_TOKEN>"'],
      {
        env: { HF_TOKEN: 'hf_abcdefghijklmnopqrst' },
      },
    );
    expect(stderr).toContain('left out of the environment: HF_TOKEN');
    expect(stderr).not.toContain('hf_abc');
    await home.untilState(Number(stdout), 'succeeded');
    expect(await home.ok('logs', stdout.trim())).toBe('<>\n');
  });

  test('a secret in the command is warned of, once, and shown nowhere', async () => {
    const secret = 'hf_abcdefghijklmnopqrst';
    const { stdout, stderr } = await home.expctl(['submit', '-q', '--hold', '--', 'echo', '--token', secret]);
    expect(stderr.match(/secret/g)).toHaveLength(1);
    for (const verb of ['show', 'ls', 'explain'])
      for (const flag of ['--json', '--no-start'])
        expect((await home.expctl([verb, stdout.trim(), flag])).stdout).not.toContain(secret);
    expect(stderr).not.toContain(secret);
  });

  test('directives at the head of a script; the command line wins', async () => {
    home.script('directed.sh', '#!/bin/sh\n#EXPD --name directed --tag script --time=2h\necho hi\n');
    const { results } = await json('submit', '--hold', '--tag', 'mine', '--', './directed.sh');
    expect(results[0].run).toMatchObject({ name: 'directed', tags: ['mine'] });
    expect((await json('show', String(results[0].run.id))).run.timeLimitMs).toBe(7_200_000);
    home.script('bad.sh', '#!/bin/sh\n#EXPD --gpus=1\n');
    const bad = await home.expctl(['submit', '--', './bad.sh']);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('./bad.sh, line 2: --gpus comes with GPU management');
  });

  test('--key: again the same run; another command is an error that says what differs', async () => {
    const first = await home.submit(['true'], ['--hold', '--key', 'k']);
    const again = await home.expctl(['submit', '--hold', '--key', 'k', '--', 'true']);
    expect(again.stdout).toMatch(new RegExp(`^run ${first} held.*has this key already`));
    const other = await home.expctl(['submit', '--hold', '--key', 'k', '--', 'false']);
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(/key.*command|key.*argv/);
  });

  test('--dry-run says what it understood and submits nothing', async () => {
    const before = (await json('ls', '-a')).runs.length;
    const said = await home.ok('submit', '--dry-run', '--name', 'x', '--time', '2h', '--', 'echo', 'a b');
    expect(said).toContain("would submit: echo 'a b'");
    expect(said).toContain('time        2h');
    expect((await json('submit', '--dry-run', '--', 'echo')).variables).toContain('PATH');
    expect((await json('ls', '-a')).runs).toHaveLength(before);
  });

  test('--wait and run pass on the exit code; run shows the log', async () => {
    const waited = await home.expctl(['submit', '--wait', '--', 'sh', '-c', 'exit 4']);
    expect([waited.code, waited.stdout]).toEqual([
      4,
      expect.stringMatching(/^run (\d+) queued .*\nrun \1 failed: exit 4\n$/),
    ]);
    const quiet = await home.expctl(['submit', '--wait', '-q', '--', 'true']);
    expect([quiet.code, quiet.stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
    const told = await home.ok('submit', '--wait', '--json', '--', 'true');
    const [submitted, over] = told
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(over.runs).toMatchObject([{ id: submitted.results[0].run.id, state: 'succeeded' }]);
    const run = await home.expctl(['run', '--', 'sh', '-c', 'echo out; exit 5']);
    expect(run.code).toBe(5);
    expect(run.stdout).toMatch(/^run \d+ queued.*\nout\n$/);
    expect((await home.expctl(['submit', '-q', '--follow', '--', 'echo', 'x'])).stdout).toMatch(/^\d+\nx\n$/);
  });

  test('the state of the code is recorded', async () => {
    const git = (...args: string[]) =>
      once(
        spawn('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          cwd: join(home.project, 'repo'),
          stdio: 'ignore',
        }),
        'exit',
      );
    mkdirSync(join(home.project, 'repo'));
    await git('init', '-b', 'trunk');
    writeFileSync(join(home.project, 'repo/a.py'), 'x = 1\n');
    await git('add', '.');
    await git('commit', '-m', 'one');
    writeFileSync(join(home.project, 'repo/a.py'), 'x = 2\n');
    const { stdout } = await home.expctl(['submit', '-q', '--hold', '--', 'true'], {
      cwd: join(home.project, 'repo'),
    });
    const { code, run } = await json('show', stdout.trim());
    expect(code).toMatchObject({ branch: 'trunk', dirty: true, changedFiles: ['a.py'], unknownReason: null });
    expect(run.project).toBe(join(home.project, 'repo'));
  });
});

describe('submit -', () => {
  const feed = (input: string, ...flags: string[]) => home.expctl(['submit', '-', ...flags], { input });

  test('a thousand lines, each its own, acknowledged in order', async () => {
    const lines = Array.from({ length: 1000 }, (_, n) =>
      JSON.stringify({ argv: ['true'], name: `bulk${n}`, hold: true }),
    );
    const { code, stdout } = await feed(`${lines.join('\n')}\n`, '-q', '--tag', 'bulk');
    expect(code).toBe(0);
    const ids = stdout.trim().split('\n').map(Number);
    expect(ids).toHaveLength(1000);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect((await home.run(ids[0]!)).name).toBe('bulk0');
    expect((await home.run(ids[999]!)).name).toBe('bulk999');
    expect((await json('ls', '-a', '--tag', 'bulk')).runs).toHaveLength(1000);
    await home.ok('cancel', `${ids[0]}-${ids[999]}`);
  });

  test('bad lines are named, the others stand, and the exit code is 2', async () => {
    const input = [
      '{"argv":["true"],"hold":true,"name":"good1"}',
      'nonsense',
      '',
      '{"argv":["true"],"tme":"2h"}',
      '{"argv":["true"],"name":"7"}',
      '{"argv":["true"],"hold":true,"name":"good2"}',
    ].join('\n');
    const { code, stdout, stderr } = await feed(input);
    expect(code).toBe(2);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('line 2: this is no JSON'),
      expect.stringContaining('line 4: there is no key "tme"; did you mean "time"?'),
      expect.stringContaining('line 5: '),
    ]);
    const answers = (await feed(input, '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ schema, line, error }) => [schema, line, error?.code ?? null])).toEqual([
      [1, 1, null],
      [1, 2, 'usage'],
      [1, 4, 'usage'],
      [1, 5, 'usage'],
      [1, 6, null],
    ]);
  });

  test('what is to be said of many lines is said once', async () => {
    const line = '{"argv":["no-such-program"],"hold":true}';
    const { stdout, stderr } = await feed([line, '{"argv":["true"],"hold":true}', line, ''].join('\n'), '-q');
    expect(stdout.trim().split('\n')).toHaveLength(3);
    expect(stderr).toBe(
      'warning: 2 lines, the first is line 1: no-such-program is not on the PATH of the submitted environment\n',
    );
    const one = await feed(line, '-q');
    expect(one.stderr).toMatch(/^warning: line 1: no-such-program is not on the PATH/);
  });

  test('a line that is typed is answered at once', async () => {
    const child = spawn(home.node, [home.programs.expctl, 'submit', '-', '-q'], {
      cwd: home.project,
      env: home.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (let n = 0; n < 3; n++) {
      child.stdin.write('{"argv":["true"],"hold":true}\n');
      expect(Number((await answers.next()).value)).toBeGreaterThan(0);
    }
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('exit codes', () => {
  test('wait passes on the run’s own, 128+N, 124 timed out, 130 cancelled, of several the highest', async () => {
    const ids = await Promise.all([
      home.submit(['sh', '-c', 'exit 3']),
      home.submit(['sh', '-c', 'kill -SEGV $$']),
      home.submit(['sleep', '60'], ['--time', '1s', '--grace', '1s']),
      held(),
      home.submit(['true']),
    ]);
    await home.ok('cancel', String(ids[3]));
    const codes = [];
    for (const id of ids) codes.push((await home.expctl(['wait', String(id)])).code);
    expect(codes).toEqual([3, 139, 124, 130, 0]);
    expect((await home.expctl(['wait', `${ids[0]},${ids[4]}`])).code).toBe(3);
    const all = await home.expctl(['wait', ids.join(','), '--json']);
    expect(all.code).toBe(139);
    expect(
      JSON.parse(all.stdout)
        .runs.map(({ resultCode }: { resultCode: number }) => resultCode)
        .toSorted(),
    ).toEqual([...codes].toSorted());
  });

  const cases: [string[], number, RegExp][] = [
    [['show', '999999'], 3, /there is no run 999999/],
    [['wait', '999999'], 125, /there is no run 999999/],
    [['logs', '999999'], 3, /there is no run 999999/],
    [['logs', '-f', '999999'], 125, /there is no run 999999/],
    [['logs', '-f'], 125, /needs RUN/],
    [['submit', '--wait', '--tme', '1', '--', 'true'], 125, /unknown flag --tme/],
    [['cancel', '999999'], 3, /there is no run 999999/],
    [['cancel', 'nobody'], 3, /nobody/],
    [['cancel', '9-5'], 2, /9-5/],
    [['show', 'a b'], 2, /a b/],
    [['show', '-1'], 2, /unknown flag -1/],
    [['show'], 2, /needs RUN; for example: expctl show 7/],
    [['show', '1', '2'], 2, /too much/],
    [['submit'], 2, /nothing says what to run: .*; write expctl submit -- python train\.py/],
    [['submit', '--'], 2, /no command stands behind --/],
    [['submit', 'python', 'x.py', '--lr', '1'], 2, /did you mean `expctl submit -- python x\.py --lr 1`\?/],
    [['run', '--name', 'a', 'python', 'x.py'], 125, /did you mean `expctl run --name a -- python x\.py`\?/],
    [
      ['submit', '--gpus', '1', '--', 'true'],
      2,
      /--gpus comes with GPU management, which this version does not have/,
    ],
    [['submit', '--time', '90', '--', 'true'], 2, /--time: 90 has no unit/],
    [['submit', '--name', 'x'.repeat(4096), '--', 'true'], 2, /4096 characters/],
    [['submit', '--name', 'a b', '--', 'true'], 2, /characters other than/],
    [['submit', '--group', 'nogroup', '--', 'true'], 1, /no group nogroup/],
    [['submit', '--after', '999999', '--', 'true'], 3, /999999/],
    [['submit', '-C', '/nowhere', '--', 'true'], 2, /there is no directory \/nowhere/],
    [['submit', '--layout', 'nolayout', '--', 'true'], 2, /nolayout/],
    [['gpus'], 2, /gpus comes with GPU management/],
    [['sbmit'], 2, /did you mean expctl submit\?/],
    [['daemon'], 2, /needs one of start, stop/],
    [['ls', '--state', 'runing'], 2, /"runing" is no state; states: queued/],
    [['rm'], 2, /no run is named/],
    [['edit', '@'], 2, /nothing is to be changed/],
    [['completion', 'tcsh'], 2, /bash, zsh or fish/],
    [['ls', '--json=1'], 2, /--json takes no value/],
    [['--frob'], 2, /a verb is missing/],
  ];
  test.each(cases)('%j is %i, in one line', async (args, code, message) => {
    const output = await home.expctl(args);
    expect([output.code, output.stdout]).toEqual([code, '']);
    expect(output.stderr).toMatch(message);
    expect(output.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(output.stderr).toMatch(/^expctl: /);
  });

  test('what is wrong with a configuration is 2, in one line, and below it what there is', async () => {
    const { code, stdout, stderr } = await home.expctl(['submit', 'trainer=nothing']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^expctl: In 'config': Could not find 'trainer\/nothing'.*\n {2}there is: .*\n$/);
  });

  test('an error for a program is JSON on standard output, besides', async () => {
    const { code, stdout, stderr } = await home.expctl(['show', '999999', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      error: { code: 'not_found', message: 'there is no run 999999' },
    });
    expect(stderr).toMatch(/^expctl: there is no run 999999/);
  });

  test('a stack only with EXPD_DEBUG=1', async () => {
    const { stderr } = await home.expctl(['show', '999999'], { env: { EXPD_DEBUG: '1' } });
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe('acting on runs', () => {
  test('hold, release, cancel: each says where the run is now; refusals are told and counted', async () => {
    const id = await held();
    expect(await home.ok('release', String(id))).toMatch(new RegExp(`^run ${id} (queued|starting)`));
    await home.untilState(id, 'succeeded');
    const refused = await home.expctl(['cancel', String(id)]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`run ${id} .*succeeded.*expctl rerun ${id}`));
    const other = await held();
    const both = await home.expctl(['cancel', `${id},${other}`]);
    expect(both.code).toBe(1);
    expect(both.stdout).toMatch(new RegExp(`^run ${other} cancelled`));
  });

  test('pause and release', async () => {
    const id = await home.submit(['sleep', '60']);
    await home.untilState(id, 'running');
    expect(await home.ok('pause', String(id))).toContain('running: paused');
    expect(await home.ok('ls', String(id))).toContain('paused');
    expect(await home.ok('release', String(id))).not.toContain('paused');
    await home.ok('cancel', String(id));
    expect((await home.expctl(['wait', String(id)])).code).toBe(130);
  });

  test('retry, resume, rerun', async () => {
    const id = await ended(['sh', '-c', 'exit $(( EXPD_ATTEMPT == 1 ))']);
    await home.ok('retry', String(id));
    expect((await home.expctl(['wait', String(id)])).code).toBe(0);
    await home.ok('resume', String(id));
    await home.untilState(id, 'succeeded');
    expect((await home.run(id)).attempt).toBe(3);
    const again = Number(await home.ok('rerun', '-q', String(id), '--', 'more'));
    expect(again).toBeGreaterThan(id);
    expect((await json('show', String(again))).run.argv.at(-1)).toBe('more');
    expect((await json('show', String(again))).code).not.toBe(null);
  });

  test('edit, tag, note show', async () => {
    const id = await held();
    await home.ok(
      'edit',
      String(id),
      '--priority',
      '-7',
      '--name',
      'renamed',
      '--time',
      '2h',
      '--',
      'echo',
      'x',
    );
    await home.ok('tag', String(id), 'a', 'b');
    await home.ok('tag', String(id), '--remove', 'a', 'c');
    await home.ok('note', String(id), 'two', 'words');
    const { run } = await json('show', String(id));
    expect(run).toMatchObject({
      priority: -7,
      name: 'renamed',
      tags: ['b', 'c'],
      note: 'two words',
      timeLimitMs: 7_200_000,
      argv: ['echo', 'x'],
    });
    expect(await home.ok('ls', 'renamed')).toMatch(/PRIO.*\n.*renamed.*-7.*b,c/);
    await home.ok('edit', String(id), '--tag', 'd', '--tag', 'e', '--note', 'three');
    expect((await json('show', String(id))).run).toMatchObject({ tags: ['b', 'c', 'd', 'e'], note: 'three' });
    const { history } = await json('explain', String(id));
    const edits = history.filter(({ kind }: { kind: string }) => kind === 'edited');
    expect(edits.map(({ reason }: { reason: { text: string } }) => reason.text)).toEqual([
      'name, priority, command, time limit',
      'tags',
      'tags',
      'note',
      'note, tags',
    ]);
  });

  test('explain tells the history', async () => {
    const id = await ended(['true']);
    const { history } = await json('explain', String(id));
    expect(history.map(({ kind }: { kind: string }) => kind)).toEqual([
      'submitted',
      'claimed',
      'spawned',
      'ended',
    ]);
    expect(await home.ok('explain', String(id))).toMatch(/spawned \(attempt 1\) → running/);
    const waits = await home.submit(['true'], ['--after', String(await held())]);
    expect(await home.ok('explain', String(waits))).toMatch(/queued: /);
  });

  test('rm forgets and says where the files lie; --files moves them', async () => {
    const [kept, moved] = [await ended(['true']), await ended(['true'])];
    const { runDir } = await home.run(kept);
    expect(await home.ok('rm', String(kept), '--dry-run')).toContain('would be removed');
    expect(await home.ok('rm', String(kept))).toContain(runDir);
    expect(existsSync(runDir)).toBe(true);
    const other = (await home.run(moved)).runDir;
    const { results } = await json('rm', String(moved), '--files');
    expect(results[0].paths[0]).toContain('.trash');
    expect(existsSync(other)).toBe(false);
    expect((await home.expctl(['show', String(kept)])).code).toBe(3);
    const live = await held();
    expect((await home.expctl(['rm', String(live)])).code).toBe(1);
  });

  test('groups', async () => {
    expect(await home.ok('groups', 'set', 'big', '--limit', '2')).toMatch(/big\s+2\s+0\s+0/);
    const id = await held('--group', 'big');
    expect(await home.ok('ls', String(id))).toMatch(/GROUP.*\n.*big/);
    expect((await json('groups')).groups).toContainEqual({
      name: 'big',
      limit: 2,
      running: 0,
      queued: expect.any(Number),
    });
    expect((await home.expctl(['groups', 'rm', 'big'])).code).toBe(1);
    await home.ok('cancel', String(id));
    await home.ok('groups', 'rm', 'big');
  });
});

describe('looking', () => {
  test('ls: newest last, filters, ids, and how many are left out', async () => {
    const marks = [];
    for (let n = 0; n < 3; n++) marks.push(await held('--tag', 'mark', '--name', 'marked'));
    const { runs, schema } = await json('ls', '--tag', 'mark');
    expect(schema).toBe(1);
    expect(runs.map(({ id }: { id: number }) => id)).toEqual(marks);
    expect((await home.ok('ls', '-q', `${marks[0]}-${marks[2]}`)).split('\n')).toEqual([
      ...marks.map(String),
      '',
    ]);
    expect((await json('ls', '--state', 'held', '--name', 'marked')).runs).toHaveLength(3);
    expect((await json('ls', '--since', '1s', '--tag', 'nobody')).runs).toEqual([]);
    expect((await json('ls', 'marked')).runs.map(({ id }: { id: number }) => id)).toEqual([marks[2]]);
    expect((await json('ls', '@')).runs.map(({ id }: { id: number }) => id)).toEqual([marks[2]]);
  });

  test('at most fifty of a state, and then how many more', async () => {
    await home.expctl(['submit', '-', '-q', '--tag', 'many'], {
      input: '{"argv":["true"],"hold":true}\n'.repeat(60),
    });
    const listed = await json('ls');
    expect(listed.runs.filter(({ state }: { state: string }) => state === 'held')).toHaveLength(50);
    expect(listed.more.held).toBeGreaterThanOrEqual(10);
    expect(await home.ok('ls')).toMatch(/^… \d+ more held \(-a\)$/m);
    expect((await json('ls', '-a', '--tag', 'many')).runs).toHaveLength(60);
    expect(await home.ok('ls', '--tag', 'many')).toMatch(/^… more, older ones \(-a\)$/m);
  });

  test('show ends a failed run with the end of its log, safe for a terminal', async () => {
    const id = await ended([
      'sh',
      '-c',
      'printf "one\\n\\033]0;t\\007 10%%\\r 20%%\\rtwo\\033[31m red\\n"; exit 1',
    ]);
    const shown = await home.ok('show', String(id));
    expect(shown).toContain('the end of its log\none\ntwo red\n');
    expect(shown).toMatch(/attempt 1 +exit 1/);
    const answer = await json('show', String(id));
    expect(answer.attempts).toHaveLength(1);
    expect(answer.attempts[0]).toMatchObject({
      number: 1,
      phase: 'ended',
      exitCode: 1,
      outcome: { code: 'exit' },
    });
    expect(answer.submission).toMatchObject({ cwd: home.project, split: false });
  });

  test('names, tags and notes cannot command the terminal', async () => {
    const { code, stderr } = await home.expctl(['submit', '--hold', '--note', 'a\x1b[2Jb', '--', 'true']);
    expect(code, stderr).toBe(0);
    expect(await home.ok('show', '@')).toContain('a\\x1b[2Jb');
  });

  test('a reader that leaves is no error', async () => {
    const pipe = spawn(
      'bash',
      ['-c', '"$0" "$1" ls -a | head -n 1; echo "${PIPESTATUS[0]}"', home.node, home.programs.expctl],
      {
        cwd: home.project,
        env: home.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [out, err] = await Promise.all([pipe.stdout.toArray(), pipe.stderr.toArray()]);
    expect(out.join('').trim().split('\n').at(-1)).toBe('0');
    expect(err.join('')).toBe('');
  });

  test('help teaches by example, for every verb and alias', async () => {
    expect(await home.ok('help')).toContain('expctl submit -- python train.py');
    expect(await home.ok('help', 'submit')).toContain('--requeue-exit CODE');
    expect(await home.ok('logs', '--help')).toContain('expctl logs -f @');
    expect(await home.ok('help', 'kill')).toContain('expctl cancel RUN…');
    expect(await home.ok('help', 'daemon')).toContain('expctl daemon drain');
    expect((await home.expctl(['help', 'nothing'])).code).toBe(2);
  });
});

describe('the daemon', () => {
  test('status, config, doctor, backup', async () => {
    const status = await json('daemon', 'status');
    expect(status).toMatchObject({ running: true, pid: home.daemon!.pid, slots: 4, socket: home.socket });
    expect(await home.ok('daemon', 'status')).toContain(String(status.pid));
    const { settings } = await json('config', 'show');
    expect(settings).toContainEqual(expect.objectContaining({ key: 'slots', value: '4', origin: 'flag' }));
    const doctor = await home.expctl(['doctor', '--json']);
    const { checks } = JSON.parse(doctor.stdout);
    expect(checks.length).toBeGreaterThan(0);
    expect(doctor.code).toBe(checks.some(({ level }: { level: string }) => level === 'fail') ? 1 : 0);
    await home.ok('daemon', 'backup', 'copy.db');
    expect(readFileSync(join(home.project, 'copy.db')).subarray(0, 15).toString()).toBe('SQLite format 3');
    expect((await home.expctl(['daemon', 'backup', 'nowhere/copy.db'])).code).toBe(2);
  });

  test('drain is said by submit and ls, until undrain', async () => {
    await home.ok('daemon', 'drain');
    const submitted = await home.expctl(['submit', '-q', '--', 'true']);
    expect(submitted.stderr).toMatch(/drain/);
    expect((await home.expctl(['ls'])).stderr).toMatch(/drain/);
    await home.ok('daemon', 'undrain');
    await home.untilState(Number(submitted.stdout), 'succeeded');
    expect((await home.expctl(['ls'])).stderr).not.toMatch(/drain/);
  });

  test('version', async () => {
    expect(await json('version')).toMatchObject({ protocol: 1, daemon: expect.any(String) });
    expect(await home.ok('--version')).toMatch(/^expctl \d/);
  });
});

test('a held run is said to be held by those who wait for it', async () => {
  const id = await held();
  const waiting = home.spawnExpctl(['wait', String(id)]);
  let said = '';
  waiting.stderr!.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  await until('it says so', () => said.includes(`expctl release ${id}`));
  await home.ok('release', String(id));
  expect(await once(waiting, 'exit')).toEqual([0, null]);
});
