import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// Sweeps as people see and name them, against a real daemon; each test has a sweep of its own.

let home: Home;
beforeAll(async () => {
  home = new Home();
  await home.start(['--slots', '4']);
});
afterAll(() => home.close());

const json = async (...args: string[]) => JSON.parse(await home.ok('--json', ...args));

/** `s4`, of a sweep over the numbers that its jobs end with. */
async function sweepOf(exits: readonly number[], ...flags: string[]): Promise<string> {
  const command = ['sh', '-c', 'echo "job $EXPD_JOB_NUM"; exit "${1#code=}"', 'x', `code=${exits.join(',')}`];
  return (await home.ok('submit', '-q', '-m', '--no-hydra', ...flags, '--', ...command)).trim();
}

describe('ls', () => {
  test('a sweep is one line with its progress, and opened by its name or number', async () => {
    const name = await sweepOf([0, 3, 4], '--name', 'listed');
    await home.expctl(['wait', name]);
    const held = await home.submit(['true'], ['--hold', '--name', 'listed']);
    const folded = (await home.ok('ls', '--name', 'listed')).split('\n');
    expect(folded).toHaveLength(4);
    expect(folded[1]).toMatch(new RegExp(`^${name}  listed  failed +3/3 +\\S+ +\\S+  code +2 failed$`));
    expect(folded[2]).toMatch(new RegExp(`^ ?${held}  listed  held`));
    expect(await home.ok('ls', '-q', '--name', 'listed')).toBe(`${name}\n${held}\n`);

    const opened = await home.ok('ls', name);
    expect(await home.ok('ls', '--sweep', name.slice(1))).toBe(opened);
    const [head, titles, ...jobs] = opened.trim().split('\n');
    expect(head).toBe(`sweep ${name}  listed  code  failed  3/3 done: 2 failed`);
    expect(titles).toMatch(/^ *ID +JOB +STATE +TIME +TAGS +OVERRIDES +WHY$/);
    expect(jobs.map((line) => line.trim().split(/ {2,}/).slice(1))).toEqual([
      [`${name}.0`, 'succeeded', expect.any(String), 'code=0', 'exit 0'],
      [`${name}.1`, 'failed', expect.any(String), 'failed', 'code=3', 'exit 3'],
      [`${name}.2`, 'failed', expect.any(String), 'failed', 'code=4', 'exit 4'],
    ]);
  });

  test('--state asks for runs, so jobs are listed; --tag folds', async () => {
    const name = await sweepOf([0, 1], '--tag', 'folded');
    await home.expctl(['wait', name]);
    const failed = await home.ok('ls', '--state', 'failed', '--tag', 'folded');
    expect(failed).toMatch(new RegExp(`^ *\\d+ +${name}\\.1 .* failed .* code=1 +exit 1$`, 'm'));
    expect(failed).not.toContain(`${name}.0`);
    expect(await home.ok('ls', '-q', '--tag', 'folded')).toBe(`${name}\n`);
    expect(await home.ok('ls', '-q', name, '--state', 'failed')).toMatch(/^\d+\n$/);
  });

  test('--json has both, with what tells jobs apart', async () => {
    const name = await sweepOf([0, 5], '--tag', 'as-json');
    await home.expctl(['wait', name]);
    const id = Number(name.slice(1));
    const folded = await json('ls', '--tag', 'as-json');
    expect(folded).toMatchObject({
      runs: [],
      sweeps: [{ id, state: 'failed', jobs: 2, done: 2, axes: 'code', states: { succeeded: 1, failed: 1 } }],
      complete: true,
    });
    const { runs, sweeps } = await json('ls', name);
    expect(sweeps).toEqual(folded.sweeps);
    expect(runs).toMatchObject([
      { sweepId: id, job: 0, overrides: ['code=0'] },
      { sweepId: id, job: 1, overrides: ['code=5'] },
    ]);
  });

  test('of a long one fifty jobs of a state, all with -a', async () => {
    const name = await sweepOf(Array(60).fill(0), '--hold');
    const some = await home.ok('ls', name);
    expect(some).toContain(`${name}.49 `);
    expect(some).not.toContain(`${name}.50 `);
    expect(some).toContain('… 10 more held (-a)');
    expect((await json('ls', name)).more).toEqual({ held: 10 });
    expect((await home.ok('ls', '-q', '-a', name)).trim().split('\n')).toHaveLength(60);
    await home.ok('cancel', name);
  });

  test('one that is not there', async () => {
    for (const words of [['s99999'], ['--sweep', '99999']]) {
      const { code, stderr } = await home.expctl(['ls', ...words]);
      expect([code, stderr]).toEqual([3, 'expctl: there is no sweep s99999; expctl ls -a lists all\n']);
    }
    expect((await home.expctl(['ls', '--sweep', 'train'])).code).toBe(2);
  });
});

describe('show and explain', () => {
  test('a sweep: how it stands, what failed with its last line, what is next', async () => {
    const name = await sweepOf(
      [0, 3, 0, 0],
      '--name',
      'shown',
      ...'--max-parallel 1 --hold-after-failures 1'.split(' '),
    );
    await untilSweep(name, 'held');
    const text = await home.ok('show', name);
    const [head, ...rest] = text.split('\n');
    expect(head).toBe(`sweep ${name}  shown  code  held  2/4 done: 1 failed, 2 held`);
    const rows = rest.map((line) => line.trim().split(/ {2,}/));
    expect(rows).toContainEqual([
      'held',
      `2 jobs: 1 job of sweep ${name} has failed; expctl release ${name}`,
    ]);
    expect(rows).toContainEqual(['at a time', '1 job']);
    expect(rows).toContainEqual(['hold after', '1 failure']);
    expect(rows).toContainEqual(['experiment', `shown-${name}_job<N>`]);
    expect(rows).toContainEqual(['directory', home.project]);
    expect(text).toContain(`\nfailed (expctl retry --failed ${name})\n`);
    expect(rows).toContainEqual([`${name}.1`, expect.any(String), 'code=3', 'exit 3', 'job 1']);
    expect(text).toMatch(/command +sh -c .* code=0 {2}\(s\d+\.0\)/);

    const { sweep, failed, next, active, experimentId } = await json('show', name);
    expect(sweep).toMatchObject({ state: 'held', maxParallel: 1, holdAfterFailures: 1, done: 2 });
    expect(failed).toMatchObject([{ run: { job: 1, overrides: ['code=3'] }, lastLine: 'job 1' }]);
    expect([next, active, experimentId]).toEqual([[], [], `shown-${name}_job<N>`]);

    expect(await home.ok('explain', name)).toBe(
      [
        head,
        '  1 job succeeded: exit 0  (0)',
        '  1 job failed: exit 3  (1)',
        `  2 jobs held: 1 job of sweep ${name} has failed  (2-3)`,
        '',
      ].join('\n'),
    );
    await home.ok('cancel', name);
  });

  test('what is under way, and the next', async () => {
    const command = ['sh', '-c', 'sleep 60', 'x', 'n=range(6)'];
    const name = (await home.ok('submit', '-q', '-m', '--max-parallel', '1', '--', ...command)).trim();
    await until('its first job runs', async () => (await json('show', name)).active[0]?.state === 'running');
    const text = await home.ok('show', name);
    expect(text).toMatch(new RegExp(`\nunder way\n +${name}\\.0 +\\d+ +n=0 +running`));
    expect(text).toMatch(
      new RegExp(`\nnext\n +${name}\\.1 +\\d+ +n=1 +queued +1 of sweep ${name} run already\n`),
    );
    expect(text).toContain('… and 2 more');
    expect((await json('show', name)).next.map((run: { job: number }) => run.job)).toEqual([1, 2, 3]);
    await home.ok('cancel', name);
    await home.expctl(['wait', name]);
  });

  test('a job says whose it is, and its overrides', async () => {
    const name = await sweepOf([0, 0], '--hold');
    const text = await home.ok('show', `${name}.1`);
    expect(text).toMatch(new RegExp(`^run \\d+ {2}${name}\\.1 {2}sh {2}held`));
    expect(text).toContain(`sweep       ${name}, job 1\n`);
    expect(text).toContain('overrides   code=0\n');
    expect(await home.ok('explain', `${name}.1`)).toMatch(
      new RegExp(`^run \\d+ \\(${name}\\.1\\) held: .*\n {2}overrides {3}code=0\n`),
    );
    await home.ok('cancel', name);
  });

  test('a run with a configuration says which, and whose', async () => {
    mkdirSync(join(home.project, 'app/conf'), { recursive: true });
    writeFileSync(join(home.project, 'app/conf/config.yaml'), 'lr: 0.1\nexpd: {command: ["true"]}\n');
    writeFileSync(
      join(home.project, 'app/app.py'),
      `import hydra\n@hydra.main(version_base="1.2", config_path="conf", config_name="config")\ndef main(cfg): ...\nmain()\n`,
    );
    const application = await home.submit(['python3', 'app/app.py', 'lr=1'], ['--hold']);
    const line = 'config.yaml of a Hydra application (version_base 1.2); its files are read at each start';
    for (const verb of ['show', 'explain']) {
      const text = await home.ok(verb, String(application));
      expect(text).toContain(`config      ${line}\n`);
      expect(text).toContain('overrides   lr=1\n');
    }
    const pinned = await home.submit(['python3', 'app/app.py'], ['--hold', '--pin-config']);
    expect(await home.ok('show', String(pinned))).toContain('its files as they were at submission\n');
    const { stdout } = await home.expctl(['submit', '-q', '--hold', 'lr=2'], {
      cwd: join(home.project, 'app'),
    });
    const composed = stdout.trim();
    expect(await home.ok('show', composed)).toContain('config      config.yaml, composed at submission\n');
    expect((await json('show', composed)).submission.configuration).toMatchObject({
      kind: 'composed',
      configName: 'config',
      overrides: ['lr=2'],
    });
    expect(await home.ok('show', String(await home.submit(['true'], ['--hold'])))).not.toMatch(
      /config|overrides/,
    );
  });
});

describe('--dry-run', () => {
  const command = ['--', 'python3', 'train.py', 'lr=0.1,0.2'];

  test('says where each job would go, as far as that is known', async () => {
    const plan = async (...flags: string[]) =>
      (await json('submit', '-m', '--dry-run', ...flags, ...command)).runs.map(
        ({ directory, experimentId }: { directory: string; experimentId: string }) => [
          relative(home.project, directory),
          experimentId,
        ],
      );
    const hybrid = 'outputs/hydra/${now:%Y-%m-%d}/${now:%H-%M-%S}';
    expect(await plan()).toEqual([
      [hybrid, 'train-s<id>_job0'],
      [hybrid, 'train-s<id>_job1'],
    ]);
    const flat = 'outputs/runs/run_${now:%Y%m%d-%H%M%S}_digits';
    expect(await plan('--layout', 'flat', '--name', 'digits', '--experiment-id', 'grid')).toEqual([
      [`${flat}_job0`, 'grid_job0'],
      [`${flat}_job1`, 'grid_job1'],
    ]);
    const text = await home.ok('submit', '-m', '--dry-run', ...command);
    expect(text).toContain(`  1  lr=0.2     ${hybrid}  train-s<id>_job1\n`);
    expect(await home.ok('submit', '--dry-run', '--', 'true')).toContain(
      `run dir     ${home.project}/${hybrid}\n`,
    );
    const wrong = await home.expctl(['submit', '--dry-run', '--layout', 'none', '--', 'true']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'expctl: there is no layout "none"; there are flat, hybrid\n',
    ]);
  });

  test('starts no daemon, and then goes by the layout that is the default', async () => {
    const alone = new Home();
    const { code, stdout } = await alone.expctl(['submit', '--dry-run', '--', 'true'], {
      env: { EXPD_NO_START: '' },
    });
    expect([code, stdout]).toEqual([0, expect.stringContaining('/outputs/hydra/${now:')]);
    expect(existsSync(alone.socket)).toBe(false);
    await alone.close();
  });
});

test('flags of a sweep beside one run, and --missing without a key, are refused', async () => {
  const refused = async (...words: string[]): Promise<string> => {
    const { code, stderr } = await home.expctl(['submit', ...words, '--', 'echo', 'n=1,2']);
    expect(code).toBe(2);
    return stderr;
  };
  for (const flag of [['--max-parallel', '2'], ['--hold-after-failures', '2'], ['--missing']])
    for (const more of [[], ['--dry-run']])
      expect(await refused(...flag, ...more)).toContain(`${flag[0]} is for a sweep, and this is one run`);
  expect(await refused('-m', '--missing')).toContain('--missing adds to the sweep that has a key');
});

describe('verbs', () => {
  test('act on what they mean of a sweep, and say it in one line', async () => {
    const name = await sweepOf([0, 3, 0, 0], '--hold');
    const said = async (...words: string[]): Promise<string> => (await home.ok(...words)).trim();
    expect(await said('edit', name, '--max-parallel', '1', '--hold-after-failures', '2')).toBe(
      `sweep ${name}: 1 job at a time, held after 2 failures; 0/4 done: 4 held`,
    );
    expect(await said('tag', name, 'good')).toBe(`sweep ${name}: 4 jobs edited; 0/4 done: 4 held`);
    expect(await said('note', `${name}.0`, 'the first')).toMatch(
      new RegExp(`^run \\d+ \\(${name}\\.0\\) held: held at submission$`),
    );
    expect(await said('release', `${name}.0-1`)).toMatch(/^run .*\nrun .*$/);
    await until('two are over', async () => (await json('show', name)).sweep.done === 2);
    expect(await said('cancel', name)).toBe(
      `sweep ${name}: 2 jobs cancelled; 4/4 done: 1 failed, 2 cancelled`,
    );
    const again = await home.expctl(['cancel', name]);
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toBe(
      `expctl: no job of sweep ${name} can be cancelled; expctl ls ${name} shows how they stand\n`,
    );
    expect(await said('retry', '--failed', name)).toMatch(
      new RegExp(`^sweep ${name}: 1 job queued again; 3/4 done: `),
    );
    await home.expctl(['wait', name]);
    const { results, sweeps } = await json('retry', name);
    expect(results).toHaveLength(3);
    expect(sweeps).toMatchObject([{ id: Number(name.slice(1)), jobs: 4 }]);
    await home.expctl(['wait', name]);
    const none = await home.expctl(['retry', '--failed', `${name}.0`]);
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', 'none of them has failed\n']);
  });

  test('rm forgets it whole, and moves it with the files of its jobs', async () => {
    const name = await sweepOf([0, 0]);
    await home.expctl(['wait', name]);
    const { sweep } = await json('show', name);
    const { runs } = await json('ls', name);
    const foretold = await home.ok('rm', '--files', '--dry-run', name);
    expect(foretold).toBe(`sweep ${name} would be removed, 2 jobs; its files lie in ${sweep.dir}\n`);
    const other = await sweepOf([0, 0]);
    await home.expctl(['wait', other]);
    const removed = await json('rm', '--files', `${name},${other}.0`);
    expect(removed.sweeps).toEqual([
      { id: sweep.id, paths: [expect.stringMatching(/\/outputs\/\.trash\/.*\/multiruns\/exp_/)] },
    ]);
    expect(removed.results).toHaveLength(3);
    for (const path of [sweep.dir, ...runs.map(({ runDir }: { runDir: string }) => runDir)])
      expect(existsSync(path)).toBe(false);
    expect(existsSync(join(removed.sweeps[0].paths[0], 'runs_index.json'))).toBe(true);
    expect(readdirSync(join((await json('show', other)).sweep.dir, 'runptrs'))).toEqual(['1']);
    expect((await home.expctl(['show', name])).code).toBe(3);
    expect(await home.ok('rm', other)).toMatch(
      new RegExp(`^sweep ${other} removed, 1 job; its files lie in \\S+/multiruns/exp_\\S+\n$`),
    );
  });

  test('rerun makes another sweep of the same jobs', async () => {
    const name = await sweepOf([0, 4], '--max-parallel', '1');
    await home.expctl(['wait', name]);
    const again = (await home.ok('rerun', '-q', name)).trim();
    expect(again).toMatch(/^s\d+$/);
    expect((await home.expctl(['wait', again])).code).toBe(4);
    const { sweep, failed } = await json('show', again);
    expect(sweep).toMatchObject({ jobs: 2, maxParallel: 1, axes: 'code' });
    expect(failed[0].run.overrides).toEqual(['code=4']);
  });

  test('what is about one run names a job instead', async () => {
    const name = await sweepOf([0, 0], '--hold');
    for (const words of [
      ['logs', name],
      ['logs', '-f', name],
      ['config', 'diff', name, name],
    ]) {
      const { code, stderr } = await home.expctl(words);
      expect(code).toBe(words.includes('-f') ? 125 : 2);
      expect(stderr).toContain(`${name} is a sweep, one of its jobs is needed; name one: ${name}.0`);
    }
    await home.ok('cancel', name);
  });
});

describe('waiting', () => {
  test.each([[['submit', '--wait']], [['submit', '--follow']], [['run']]])(
    '%j tells what did not succeed, and the sum; the code is the highest',
    async (submitted) => {
      const job = ['-m', '--no-hydra', '--', 'sh', '-c', 'exit "${1#c=}"', 'x', 'c=0,3,0,5'];
      const { code, stdout, stderr } = await home.expctl([...submitted, ...job]);
      expect(code).toBe(5);
      const lines = stdout.trim().split('\n');
      expect(lines[0]).toMatch(/^sweep s\d+ submitted: 4 runs: c/);
      const name = lines[0]!.split(' ')[1]!;
      expect(lines.slice(1, 3).toSorted()).toEqual([
        expect.stringMatching(new RegExp(`^run \\d+ \\(${name}\\.1\\) failed: exit 3$`)),
        expect.stringMatching(new RegExp(`^run \\d+ \\(${name}\\.3\\) failed: exit 5$`)),
      ]);
      expect(lines[3]).toBe(`sweep ${name}: 2 of 4 runs succeeded`);
      expect(stderr).toBe('');
      const waited = await home.expctl(['wait', name]);
      expect([waited.code, waited.stdout.trim().split('\n').length]).toEqual([5, 3]);
      expect((await json('wait', `${name}.0`)).runs).toMatchObject([{ job: 0, resultCode: 0 }]);
    },
  );

  test('of a hundred jobs that wait one line says why; Ctrl-C names the sweep', async () => {
    await home.ok('groups', 'set', 'closed', '--limit', '1');
    const blocker = await home.submit(['sleep', '60'], ['--group', 'closed']);
    await home.untilState(blocker, 'running');
    const name = await sweepOf(Array(100).fill(0), '--group', 'closed');
    const child = home.spawnExpctl(['wait', name]);
    const said = createInterface({ input: child.stderr! })[Symbol.asyncIterator]();
    expect((await said.next()).value).toMatch(new RegExp(`^sweep ${name} waits: .*group closed`));
    await home.ok('hold', name);
    expect((await said.next()).value).toBe(`sweep ${name} is held: held by you; expctl release ${name}`);
    child.kill('SIGINT');
    expect((await said.next()).value).toBe('');
    expect((await said.next()).value).toBe(`sweep ${name} goes on; expctl cancel ${name}`);
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
    await home.ok('cancel', name, String(blocker));
  });
});

/** Waits until the sweep as a whole is in this state. */
const untilSweep = (name: string, state: string) =>
  until(`${name} is ${state}`, async () => (await json('show', name)).sweep.state === state);
