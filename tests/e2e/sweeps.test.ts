import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { randomlyAsync } from '../helpers/random.js';
import { until } from '../helpers/until.js';

// Sweeps through the built programs, from submission to the last of their jobs.

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

const json = async (...args: string[]) => JSON.parse(await home.ok('--json', ...args));
const lines = (name: string): string[] => {
  const file = join(home.project, name);
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
};

/** `s4`: a sweep of a shell script that gets the words of its job as arguments. */
const sweep = async (script: string, words: readonly string[], ...flags: string[]): Promise<string> =>
  (
    await home.ok('submit', '-q', '-m', '--no-hydra', ...flags, '--', 'sh', '-c', script, 'x', ...words)
  ).trim();

interface Job {
  job: number;
  state: string;
  overrides: string[];
  runDir: string;
  experimentId: string;
}
const jobsOf = async (name: string): Promise<Job[]> => (await json('ls', '-a', name)).runs;
const over = async (name: string): Promise<number | null> => (await home.expctl(['wait', name])).code;

describe('which jobs there are', () => {
  test('the same key adds nothing; --missing adds what is not there; another sweep is refused', async () => {
    await home.start(['--slots', '4']);
    const script = 'echo "$1" >> ran';
    const first = await sweep(script, ['lr=1,2'], '--key', 'grid');
    expect(await over(first)).toBe(0);
    const again = await home.expctl([
      ...['submit', '-m', '--no-hydra', '--key', 'grid', '--', 'sh', '-c', script, 'x', 'lr=1,2'],
    ]);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^sweep ${first} has this key already: 2 runs: lr`)),
    ]);
    const more = ['submit', '-m', '--no-hydra', '--key', 'grid', '--', 'sh', '-c', script, 'x', 'lr=1,2,3,4'];
    const refused = await home.expctl(more);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `expctl: key grid belongs to sweep ${first}, which has no job (lr=3), (lr=4); --missing adds what it lacks\n`,
    ]);
    const added = await home.ok(...more.toSpliced(1, 0, '--missing'));
    expect(added).toMatch(new RegExp(`^sweep ${first} 2 added: 4 runs: lr`));
    expect(await over(first)).toBe(0);
    // What a job did that is over already is not done again.
    expect(lines('ran').toSorted()).toEqual(['lr=1', 'lr=2', 'lr=3', 'lr=4']);
    expect((await jobsOf(first)).map(({ job, overrides }) => [job, ...overrides])).toEqual([
      [0, 'lr=1'],
      [1, 'lr=2'],
      [2, 'lr=3'],
      [3, 'lr=4'],
    ]);
    expect((await json('ls', '-a')).sweeps).toHaveLength(1);
  });

  test('all or none: of a bad job all are named and nothing is queued', async () => {
    await home.start();
    mkdirSync(join(home.project, 'conf/model'), { recursive: true });
    writeFileSync(
      join(home.project, 'conf/config.yaml'),
      'defaults: [{model: small}]\nlr: 0.1\nexpd: {command: ["true"]}\n',
    );
    for (const model of ['small', 'large'])
      writeFileSync(join(home.project, `conf/model/${model}.yaml`), 'w: 1\n');
    const bad = await home.expctl(['submit', '-m', 'model=small,large,huge', 'lr=1,2']);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(
      /2 of 6 jobs cannot be composed, so nothing is queued[\s\S]*job 4 [\s\S]*job 5 /,
    );
    expect((await json('ls', '-a')).sweeps).toEqual([]);
    const rest = await home.expctl([
      'submit',
      '-q',
      '-m',
      '--skip-invalid',
      'model=small,large,huge',
      'lr=1,2',
    ]);
    expect([rest.code, rest.stdout]).toEqual([0, 's1\n']);
    expect((await jobsOf('s1')).map(({ overrides }) => overrides.join(' '))).toEqual([
      'model=small lr=1',
      'model=small lr=2',
      'model=large lr=1',
      'model=large lr=2',
    ]);
  });

  test('configurations of many kinds, too many for one message', async () => {
    await home.start();
    const write = (path: string, text: string): void => writeFileSync(join(home.project, path), text);
    for (const group of ['a', 'b']) {
      mkdirSync(join(home.project, 'conf', group), { recursive: true });
      for (let n = 0; n < 10; n++) write(`conf/${group}/o${n}.yaml`, `n: ${n}\n`);
    }
    // Stands in the hydra node, of which each pair of choices has its own.
    const template = 'long '.repeat(20_000);
    write(
      'conf/config.yaml',
      `defaults: [{a: o0}, {b: o0}]\nexpd: {command: ["true"]}\nhydra: {help: {template: "${template}"}}\n`,
    );
    expect(await home.ok('submit', '-m', '--hold', 'a=glob(*)', 'b=glob(*)')).toMatch(
      /^sweep s1 .*: 100 runs/,
    );
    await home.ok('release', 's1.57');
    expect(await over('s1.57')).toBe(0);
    const [{ runDir }] = (await json('ls', 's1.57')).runs;
    const hydra = readFileSync(join(runDir, '.hydra/hydra.yaml'), 'utf8');
    expect(hydra).toContain('      b: o7\n      a: o5\n');
    expect(hydra.length).toBeGreaterThan(template.length);
  });

  test('of clients at once each has its own: directories never collide, no job is lost or doubled', async () => {
    await home.start(['--slots', '8']);
    await randomlyAsync(2, async (random, seed) => {
      const clients = Array.from({ length: 4 + random.upTo(2) }, (_, client) => ({
        client,
        jobs: 1 + random.upTo(4),
        layout: random.of(['hybrid', 'flat']),
      }));
      // Every second one is sent twice, with a key: one of the two makes it.
      const calls = clients.flatMap((one) => (one.client % 2 === 0 ? [one] : [one, one]));
      const names = await Promise.all(
        calls.map(({ client, jobs, layout }) =>
          sweep(
            'echo "$1 $2" >> "$EXPD_RUN_DIR/mine"',
            [`client=${client}`, `n=range(${jobs})`],
            ...['--layout', layout, '--name', 'same', '--key', `${seed}-${client}`],
          ),
        ),
      );
      const sweeps = [...new Set(names)];
      expect(sweeps).toHaveLength(clients.length);
      for (const name of sweeps) expect(await over(name)).toBe(0);
      const made = (await Promise.all(sweeps.map(jobsOf))).flat();
      // What each wrote into its directory, which nobody else has.
      expect(made.map(({ runDir }) => readFileSync(join(runDir, 'mine'), 'utf8')).toSorted()).toEqual(
        clients
          .flatMap(({ client, jobs }) => Array.from({ length: jobs }, (_, n) => `client=${client} n=${n}\n`))
          .toSorted(),
      );
      expect(new Set(made.map(({ runDir }) => runDir)).size).toBe(made.length);
      const directories = await Promise.all(sweeps.map(async (name) => (await json('show', name)).sweep.dir));
      expect(new Set(directories).size).toBe(sweeps.length);
      for (const [n, directory] of directories.entries()) {
        expect(readdirSync(directory).sort()).toEqual(['runptrs', 'runs_index.json']);
        const pointers = join(directory, 'runptrs');
        const jobs = await jobsOf(sweeps[n]!);
        expect(
          readdirSync(pointers)
            .map(Number)
            .sort((a, b) => a - b),
        ).toEqual(jobs.map(({ job }) => job));
        for (const { job, runDir } of jobs)
          expect(resolve(pointers, readlinkSync(join(pointers, String(job))))).toBe(runDir);
      }
    });
  }, 120_000);
});

describe('while it runs', () => {
  test('--max-parallel: never more at a time; edit changes it', async () => {
    await home.start(['--slots', '8']);
    // Each notes that it is there and goes on once it is let.
    const script = 'touch "here.$EXPD_JOB_NUM"; while [ ! -e "go.$EXPD_JOB_NUM" ]; do sleep 0.02; done';
    const name = await sweep(script, ['n=range(6)'], '--max-parallel', '2');
    const here = (): string[] =>
      readdirSync(home.project)
        .filter((file) => file.startsWith('here.'))
        .sort();
    const states = async () => (await json('show', name)).sweep.states;
    await until('two run', async () => (await states()).running === 2);
    expect(here()).toEqual(['here.0', 'here.1']);
    writeFileSync(join(home.project, 'go.0'), '');
    await until('the third runs', () => here().length === 3);
    expect(await states()).toEqual({ succeeded: 1, running: 2, queued: 3 });
    await home.ok('edit', name, '--max-parallel', '4');
    await until('four run', async () => (await states()).running === 4);
    await home.ok('edit', name, '--max-parallel', '0');
    await until('all run', () => here().length === 6);
    for (let n = 1; n < 6; n++) writeFileSync(join(home.project, `go.${n}`), '');
    expect(await over(name)).toBe(0);
  });

  test('the rest is held once so many have failed; release lets it go on, retry the failed ones', async () => {
    await home.start();
    // Fails until it is mended.
    const script = 'echo "$1" >> ran; case $1 in n=[13]) [ -e mended ];; esac';
    const name = await sweep(script, ['n=range(6)'], '--hold-after-failures', '2');
    const states = async () => (await json('show', name)).sweep.states;
    await until('it is held', async () => (await states()).held === 2);
    expect(await states()).toEqual({ succeeded: 2, failed: 2, held: 2 });
    const held = (await json('ls', name, '--state', 'held')).runs;
    expect(held.map(({ reason }: { reason: { code: string } }) => reason.code)).toEqual(
      Array(2).fill('sweep_failures'),
    );
    writeFileSync(join(home.project, 'mended'), '');
    await home.ok('release', name);
    await home.ok('retry', '--failed', name);
    expect(await over(name)).toBe(0);
    expect(await states()).toEqual({ succeeded: 6 });
    expect(lines('ran').toSorted()).toEqual(['n=0', 'n=1', 'n=1', 'n=2', 'n=3', 'n=3', 'n=4', 'n=5']);
  });

  test('it goes on where it was after kill -9 of the daemon, and tells its end once', async () => {
    const told = join(home.project, 'told');
    mkdirSync(join(home.dir, 'home/config'), { recursive: true });
    writeFileSync(
      join(home.dir, 'home/config/settings.yaml'),
      `notify:\n  - command: cat >> ${told}; echo >> ${told}\n    on: [sweep_done]\n`,
    );
    await home.start();
    const name = await sweep('echo "$1" >> ran; sleep 0.1; exit "${1#n=}"', ['n=0,0,3,0'], '--name', 'told');
    await until('one is over', async () => (await json('show', name)).sweep.done >= 1);
    await home.stop('SIGKILL');
    await home.start();
    expect(await over(name)).toBe(3);
    const { sweep: shown } = await json('show', name);
    const events = await until('it is told', () => (lines('told').length > 0 ? lines('told') : undefined));
    expect(events.map((line) => JSON.parse(line))).toMatchObject([
      {
        event: 'sweep_done',
        sweep: { id: name, name: 'told', jobs: 4, succeeded: 3, failed: 1, cancelled: 0, dir: shown.dir },
      },
    ]);
    expect(lines('ran')).toHaveLength(4);
    await home.ok('retry', '--failed', name);
    expect(await over(name)).toBe(3);
    await until('it is told again', () => lines('told').length === 2);
  });

  test('EXPD_SEED: one for all jobs, to which each adds its number; the same in all attempts', async () => {
    await home.start();
    const script =
      'echo "$EXPD_JOB_NUM $EXPD_SEED $EXPD_SWEEP $EXPD_ATTEMPT" >> ran; [ "$EXPD_ATTEMPT" = 2 ]';
    const asked = await sweep(script, ['n=range(3)'], '--seed', '40');
    expect(await over(asked)).toBe(1);
    await home.ok('retry', asked);
    expect(await over(asked)).toBe(0);
    const id = asked.slice(1);
    expect(lines('ran').toSorted()).toEqual(
      [0, 1, 2].flatMap((n) => [1, 2].map((attempt) => `${n} ${40 + n} ${asked} ${attempt}`)),
    );
    const drawn = await sweep('echo "$EXPD_SEED" >> drawn', ['n=range(3)']);
    expect(await over(drawn)).toBe(0);
    const seeds = lines('drawn').map(Number);
    expect([seeds[1]! - seeds[0]!, seeds[2]! - seeds[1]!]).toEqual([1, 1]);
    expect(Number(drawn.slice(1))).toBe(Number(id) + 1);
  });
});

describe('experiments', () => {
  const kept = (id: string): string => join(home.project, 'outputs/tensorboard', id);
  const curve = 'mkdir -p "$EXPD_TB_DIR"; echo "$1" >> "$EXPD_TB_DIR/curve"';

  test('each job writes its own; a chosen one with curves needs --continue or --replace', async () => {
    await home.start(['--slots', '2']);
    const own = await sweep(curve, ['n=1,2'], '--name', 'own');
    expect(await over(own)).toBe(0);
    expect((await jobsOf(own)).map(({ experimentId }) => experimentId)).toEqual([
      `own-${own}_job0`,
      `own-${own}_job1`,
    ]);
    const chosen = ['--experiment-id', 'grid'];
    expect(await over(await sweep(curve, ['n=1,2'], ...chosen))).toBe(0);
    const again = ['-m', '--no-hydra', ...chosen, '--', 'sh', '-c', curve, 'x', 'n=3,4'];
    const refused = await home.expctl(['submit', ...again]);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^expctl: 2 of 2 jobs cannot be queued, so none is: job 0 \(n=3\): the experiment grid_job0 has curves/,
      ),
    ]);
    expect((await home.expctl(['submit', '--wait', '--continue', ...again])).code).toBe(0);
    expect(readFileSync(join(kept('grid_job0'), 'curve'), 'utf8')).toBe('n=1\nn=3\n');
    expect((await home.expctl(['submit', '--wait', '--replace', ...again])).code).toBe(0);
    expect(readFileSync(join(kept('grid_job1'), 'curve'), 'utf8')).toBe('n=4\n');
    const trash = readdirSync(join(home.project, 'outputs/.trash'), { recursive: true, encoding: 'utf8' });
    expect(trash.filter((path) => path.endsWith('grid_job1/curve'))).toHaveLength(1);
  });

  test('one writer at a time: the second waits and says for whom', async () => {
    await home.start(['--slots', '4']);
    const slow = `${curve}; touch began; while [ ! -e go ]; do sleep 0.02; done; echo end >> "$EXPD_TB_DIR/curve"`;
    const [first] = await Promise.all([
      home.submit(['sh', '-c', slow, 'x', 'one'], ['--experiment-id', 'e']),
    ]);
    await until('it writes', () => existsSync(join(home.project, 'began')));
    const taken = await home.expctl(['submit', '--experiment-id', 'e', '--', 'true']);
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(`the experiment e .*run ${first}|the experiment e has curves already`),
      ),
    ]);
    const second = await home.submit(['sh', '-c', curve, 'x', 'two'], ['--experiment-id', 'e', '--continue']);
    const { reason } = await until('it waits', async () => {
      const run = await home.run(second);
      return run.reason?.code === 'experiment_busy' ? run : undefined;
    });
    expect(reason?.text).toContain(`run ${first}`);
    writeFileSync(join(home.project, 'go'), '');
    expect(await over(String(second))).toBe(0);
    expect(readFileSync(join(kept('e'), 'curve'), 'utf8')).toBe('one\nend\ntwo\n');
  });
});
