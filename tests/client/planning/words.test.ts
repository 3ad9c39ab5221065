import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, refusal } from './projects.js';

// Sweeps over the words of a program that knows nothing of Hydra.

let project: Project;
beforeAll(() => {
  project = new Project({ 'train.py': 'import argparse\n' });
});
afterAll(() => project.remove());

const swept = async (...words: string[]): Promise<string[]> => {
  const { jobs } = await project.plan({ argv: ['python3', 'train.py', ...words] }, { multirun: [''] });
  return jobs.map(({ argv }) => argv.slice(2).join(' '));
};

describe('-m', () => {
  test.each([
    [['--lr=1e-3,3e-4'], ['--lr=1e-3', '--lr=3e-4']],
    [
      ['lr=0.1,0.01', 'seed=range(2)'],
      ['lr=0.1 seed=0', 'lr=0.1 seed=1', 'lr=0.01 seed=0', 'lr=0.01 seed=1'],
    ],
    [
      ['-k=choice(a,b)', 'x'],
      ['-k=a x', '-k=b x'],
    ],
    [
      ['--a=1,2', '--list=[1,2]'],
      ['--a=1 --list=[1,2]', '--a=2 --list=[1,2]'],
    ],
    [["--a='x, y',z"], ['--a=x, y', '--a=z']],
    [
      ['--a=1,2', '--text="x,y"'],
      ['--a=1 --text="x,y"', '--a=2 --text="x,y"'],
    ],
    [
      ['--a=1,2', '--call=f(1,2)'],
      ['--a=1 --call=f(1,2)', '--a=2 --call=f(1,2)'],
    ],
  ])('%j', async (words, expected) => {
    expect(await swept(...words)).toEqual(expected);
  });

  test('says what it is over, and tells jobs apart by it', async () => {
    const { jobs, sweep } = await project.plan(
      { argv: ['python3', 'train.py', '--lr=1,2', 'fixed=1', 'seed=3,4'] },
      { multirun: [''] },
    );
    expect(sweep).toMatchObject({ axes: 'lr × seed', multirunYaml: '', dir: '' });
    expect(jobs[1]?.overrides).toEqual(['lr=1', 'seed=4']);
  });

  test.each([
    [['--lr', '0.1,0.2'], /nothing in the command sweeps\nwrite lr=0\.1,0\.01 or --lr=0\.1,0\.01/],
    [['seed=range(100000)'], /more than 10000 values/],
    [
      ['a=range(1000)', 'b=range(1000)'],
      /the sweep has 1,000,000 jobs, more than 10,000\nEXPD_SWEEP_LIMIT=1000000/,
    ],
  ])('%j is refused', async (words, message) => {
    expect(
      await refusal(project.plan({ argv: ['python3', 'train.py', ...words] }, { multirun: [''] })),
    ).toMatch(message);
  });
});

test('without -m a command is what it is', async () => {
  const argv = ['python3', 'train.py', 'lr=1,2'];
  const { jobs, sweep, notes } = await project.plan({ argv });
  expect([jobs, sweep, notes]).toEqual([
    [{ argv, overrides: [], words: new Map(), configuration: null }],
    null,
    [],
  ]);
});
