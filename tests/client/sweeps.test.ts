import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';

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
    expect(titles).toMatch(/^ *ID +JOB +STATE +TIME +OVERRIDES +WHY$/);
    expect(jobs.map((line) => line.trim().split(/ {2,}/).slice(1))).toEqual([
      [`${name}.0`, 'succeeded', expect.any(String), 'code=0', 'exit 0'],
      [`${name}.1`, 'failed', expect.any(String), 'code=3', 'exit 3'],
      [`${name}.2`, 'failed', expect.any(String), 'code=4', 'exit 4'],
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
