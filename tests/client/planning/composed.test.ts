import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigurationKind } from '../../../src/gen/expd/v1/runs.js';
import { Project, refusal } from './projects.js';

// Form 2: the project's configuration says what to run.

const CONFIG = `
defaults:
  - optim: sgd
  - _self_
seed: 0
expd:
  command: [python3, train.py, --lr, "\${optim.lr}", "--seed=\${seed}", "\${flag}"]
  time: 2h
  tag: [a, '\${optim.name}']
  kill_on_failed_dep: true
  env: {SEED: '\${seed}'}
  max_parallel: 2
flag: true
`;

let project: Project;
beforeAll(() => {
  project = new Project({
    'conf/config.yaml': CONFIG,
    'conf/optim/sgd.yaml': 'name: sgd\nlr: 0.1\n',
    'conf/optim/adam.yaml': 'name: adam\nlr: 1e-4\n',
    'conf/named.yaml':
      'hydra:\n  job: {name: chosen}\n  run:\n    dir: own/${now:%H}\nexpd: {command: [date]}\n',
    'conf/unsaid.yaml': 'lr: 0.1\n',
    'other/config.yaml': 'expd: {command: [echo, other]}\n',
    'train.py': '',
  });
});
afterAll(() => project.remove());

const NAME = { 'config-name': ['named'] };

describe('the expd node', () => {
  test('is the command, with its interpolations followed, and the flags of the run', async () => {
    const { jobs, sweep } = await project.plan({ overrides: ['optim=adam', 'seed=7'] });
    expect(sweep).toBe(null);
    const [job] = jobs;
    expect(job?.argv).toEqual(['python3', 'train.py', '--lr', '0.0001', '--seed=7', 'True']);
    expect(Object.fromEntries(job?.words ?? [])).toEqual({
      name: ['train'],
      time: ['2h'],
      tag: ['a', 'adam'],
      'kill-on-failed-dep': [''],
      env: ['SEED=7'],
    });
    expect(job?.configuration).toMatchObject({
      kind: ConfigurationKind.CONFIGURATION_KIND_COMPOSED,
      configName: 'config',
      jobName: 'train',
      overrides: ['optim=adam', 'seed=7'],
    });
  });

  test('of a sweep is read for each job', async () => {
    const { jobs, sweep } = await project.plan(
      { overrides: ['optim=sgd,adam', 'seed=1,2'] },
      { multirun: [''] },
    );
    expect(sweep?.axes).toBe('optim × seed');
    expect(Object.fromEntries(sweep?.words ?? [])).toEqual({ 'max-parallel': ['2'] });
    expect(jobs.map(({ argv }) => argv.slice(2, 5))).toEqual([
      ['--lr', '0.1', '--seed=1'],
      ['--lr', '0.1', '--seed=2'],
      ['--lr', '0.0001', '--seed=1'],
      ['--lr', '0.0001', '--seed=2'],
    ]);
    expect(jobs[3]?.words.get('tag')).toEqual(['a', 'adam']);
  });

  test('interpolations of the whole configuration have to lead somewhere, in every job', async () => {
    const lost = { overrides: ['+lost=${nowhere}'] };
    expect(await refusal(project.plan(lost))).toMatch(/lost: .*'nowhere' not found/);
    const circle = { overrides: ['+a=${b}', '+b=${a}'] };
    expect(await refusal(project.plan(circle))).toMatch(/a: Recursive interpolation/);
    const one = { overrides: ['+a=${seed},${nowhere}'] };
    expect(await refusal(project.plan(one, { multirun: [''] }))).toMatch(/1 of 2 jobs .* nothing is queued/);
  });

  test('but not what its own code resolves, or what is known at its start', async () => {
    const overrides = ['+a=${mine:1}', '+b=${hydra:runtime.output_dir}'];
    const { jobs, notes } = await project.plan({ overrides });
    expect(jobs.length).toBe(1);
    expect(notes).toEqual([]);
    const { notes: said } = await project.plan({ overrides: ['+c=???', '+d=${c}'] });
    expect(said).toEqual(['still to be given (???): c']);
  });

  test('names and directories are Hydra’s where the configuration has them', async () => {
    const { jobs } = await project.plan({ overrides: [] }, NAME);
    expect(jobs[0]?.words.get('name')).toEqual(['chosen']);
    expect(jobs[0]?.configuration?.runDir).toBe(join(project.dir, 'own/${now:%H}'));
  });

  test('of another directory', async () => {
    const { jobs } = await project.plan({ overrides: [] }, { 'config-path': ['other'] });
    expect(jobs[0]?.argv).toEqual(['echo', 'other']);
  });

  test.each<[string[], Record<string, string[]>, RegExp]>([
    [['+expd.tme=1'], {}, /^expd: there is no key "tme"\ndid you mean "time"\?/],
    [['expd.time=1'], {}, /^expd\.time: 1 has no unit/],
    [['expd.tag=[{a:1}]'], {}, /expd: "tag" is neither text nor a number/],
    [['+expd.gpus=1'], {}, /gpus comes with GPU management/],
    [['expd.command=ls'], {}, /^expd\.command: it is no list of words/],
    [['expd.command=[]'], {}, /^expd\.command: it is no list of words/],
    [['+expd.trainer=flow2d'], {}, /^expd\.trainer: a command is named as well/],
    [
      ['~expd.command', '+expd.trainer=flow3d'],
      {},
      /^expd\.trainer: there is no built-in trainer of that name\nthere are flow2d/,
    ],
    [['expd.command=[{a:1}]'], {}, /^expd\.command: a word of it is no text/],
    [['seed=???'], {}, /Missing mandatory value: seed/],
    [['expd=5'], {}, /^expd: it is no mapping/],
    [['~expd'], {}, /does not say what to run\nwrite expd: \{command:/],
    [[], { 'config-name': ['unsaid'] }, /does not say what to run/],
    [[], { 'config-name': ['nothing'] }, /nothing/],
    [[], { 'config-path': ['nowhere'] }, /there is no directory .*nowhere/],
    [['seed=1,2'], {}, /Ambiguous value/],
  ])('%j %j is refused', async (overrides, flags, message) => {
    expect(await refusal(project.plan({ overrides }, flags))).toMatch(message);
  });
});

describe('without a configuration of its own', () => {
  test('those that come with expd are meant, and that is said', async () => {
    const empty = new Project({});
    try {
      const { jobs, notes } = await empty.plan({ overrides: ['trainer=digits_py', 'seed=3'] });
      expect(jobs[0]?.argv.slice(0, 1)).toEqual(['python3']);
      expect(jobs[0]?.argv).toContain('seed=3');
      expect(notes).toEqual([expect.stringMatching(/^no conf\/config\.yaml here/)]);
      expect(await refusal(empty.plan({ overrides: [] }))).toMatch(/nothing says what to run/);
    } finally {
      empty.remove();
    }
  });
});
