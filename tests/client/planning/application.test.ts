import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../../src/composition/configure.js';
import { ConfigurationKind, ConfigurationTree } from '../../../src/gen/expd/v1/runs.js';
import { hydraApp, Project, refusal } from './projects.js';

// Form 1: an unmodified Hydra application behind `--`.

const MAIN = 'version_base="1.3", config_path="conf", config_name="config"';
const MULTI = ['-m'];

let project: Project;
beforeAll(() => {
  project = new Project({
    'train.py': hydraApp(MAIN),
    'plain.py': 'import sys\nprint(sys.argv)\n',
    'store.py': `from hydra.core.config_store import ConfigStore\nConfigStore.instance().store("base", {})\n${hydraApp('version_base=None, config_name="base"')}`,
    'computed.py': hydraApp('version_base=None, config_path=HERE, config_name="config"'),
    'old.py': hydraApp('config_path="conf", config_name="config"'),
    'conf/config.yaml': 'defaults:\n  - model: small\n  - _self_\nlr: 0.1\nseed: 0\n',
    'conf/model/small.yaml': 'width: 8\n',
    'conf/model/large.yaml': 'width: 64\n',
    'conf/hydra/own.yaml': [
      'run:',
      '  dir: logs/${now:%Y-%m-%d}/${hydra.job.name}_${hydra.job.override_dirname}',
      'sweep:',
      '  dir: sweeps/${hydra.job.name}',
      '  subdir: ../../logs/${hydra.job.num}_${lr}',
      '',
    ].join('\n'),
    'conf/hydra/within.yaml': 'sweep:\n  subdir: ${hydra.job.override_dirname}\n',
    'conf/hydra/multi.yaml': 'mode: MULTIRUN\nsweeper:\n  params:\n    model: small,large\n',
    'more/model/huge.yaml': 'width: 512\n',
    'pkg/__init__.py': '',
    'pkg/train.py': hydraApp('version_base="1.3", config_path="../conf", config_name="config"'),
  });
});
afterAll(() => project.remove());

const app = (...words: string[]) => ({ argv: ['python3', 'train.py', ...words] });

describe('a single run', () => {
  test('keeps its command; the configuration stands beside it, with the files behind it', async () => {
    const { jobs, sweep, blobs, notes } = await project.plan(
      app('model=large', '+new=1', '--config-dir', 'more'),
    );
    expect(sweep).toBe(null);
    expect(notes).toEqual([]);
    const [job] = jobs;
    expect(job?.argv).toEqual(['python3', 'train.py', 'model=large', '+new=1', '--config-dir', 'more']);
    expect(job?.words.get('name')).toEqual(['train']);
    expect(job?.configuration).toMatchObject({
      kind: ConfigurationKind.CONFIGURATION_KIND_APPLICATION,
      configName: 'config',
      versionBase: '1.3',
      jobName: 'train',
      overrides: ['model=large', '+new=1'],
      hydraOverrides: ['hydra.mode=RUN'],
      runDir: '',
      pinned: false,
      programWords: 2,
    });
    expect(JSON.parse(job?.configuration?.job ?? '')).toEqual({
      model: { width: 64 },
      lr: { $float: '0.1' },
      seed: 0,
      new: 1,
    });
    const tree = ConfigurationTree.decode(blobs.at(-1) ?? new Uint8Array());
    expect(tree.partial).toBe(false);
    const files = tree.sources.map(({ provider, files: of }) => [
      provider,
      of.map(({ path, tookPart }) => `${path}${tookPart ? ' *' : ''}`),
    ]);
    expect(files).toEqual([
      [
        'main',
        [
          'config.yaml *',
          'hydra/multi.yaml',
          'hydra/own.yaml',
          'hydra/within.yaml',
          'model/large.yaml *',
          'model/small.yaml',
        ],
      ],
      ['command-line', ['model/huge.yaml']],
    ]);
  });

  test('a directory of its own is kept as a pattern: the start decides the time', async () => {
    const { jobs } = await project.plan(app('+hydra=own', 'lr=1'));
    expect(jobs[0]?.configuration?.runDir).toBe(
      join(project.dir, 'logs/${now:%Y-%m-%d}/train_+hydra=own,lr=1'),
    );
  });

  test('python -m finds the configuration beside the package', async () => {
    const { jobs } = await project.plan({ argv: ['python3', '-m', 'pkg.train', 'model=large'] });
    expect(jobs[0]?.configuration).toMatchObject({ jobName: 'train', programWords: 3 });
  });

  test.each([[['--help']], [['--cfg', 'job']], [['--info', 'defaults']], [['--version']]])(
    '%s asks something: nothing is composed',
    async (words) => {
      const { jobs } = await project.plan(app(...words, 'nonsense=1'));
      expect(jobs[0]?.configuration).toBe(null);
    },
  );

  test.each([
    [['lrr=1'], /Could not override 'lrr'.*\ndid you mean 'lr'/],
    [['model=larg'], /Could not find 'model\/larg'\ndid you mean 'model\/large'/],
    [['lr=1,2'], /Ambiguous value for argument 'lr=1,2'/],
    [['lr=['], /cannot read the override 'lr=\['/],
    [['--config-name', 'nothing'], /nothing/],
    [['--unknown'], /Hydra would refuse the command: Hydra has no option --unknown/],
    [['lr=1', '-m', 'seed=2'], /seed=2 stands apart from lr=1/],
  ])('%j is refused now, not at three in the morning', async (words, message) => {
    expect(await refusal(project.plan(app(...words)))).toMatch(message);
  });
});

describe('a sweep', () => {
  test.each([
    ['by -m of submit', app('model=small,large', 'seed=range(3)'), { multirun: [''] }],
    ['by -m of its own', app('-m', 'model=small,large', 'seed=range(3)'), {}],
  ])('%s becomes a command for each job', async (_, what, flags) => {
    const { jobs, sweep, blobs } = await project.plan(what, flags);
    expect(sweep).toMatchObject({ axes: 'model × seed', dir: '' });
    expect(sweep?.multirunYaml).toContain('    task:\n    - model=small,large\n    - seed=range(3)\n');
    expect(jobs.map(({ argv }) => argv)).toEqual(
      ['small', 'large'].flatMap((model) =>
        [0, 1, 2].map((seed) => ['python3', 'train.py', `model=${model}`, `seed=${seed}`]),
      ),
    );
    expect(jobs[4]?.overrides).toEqual(['model=large', 'seed=1']);
    expect(jobs[4]?.configuration?.hydraOverrides).toEqual(['hydra.mode=MULTIRUN']);
    // The hydra node is the same for all jobs of a model, and of the rest only the seed differs.
    expect(new Set(jobs.map(({ configuration }) => configuration?.hydraSha256)).size).toBe(2);
    const [, , , large, next] = jobs.map(({ configuration }) => configuration);
    expect(large).toMatchObject({ baseSha256: '', job: expect.stringMatching(/"width":64/) });
    expect(next?.job).toBe('[{"op":"replace","path":"/seed","value":1}]');
    expect(blobs.map(sha256Of)).toContain(next?.baseSha256);
    expect(next?.baseSha256).toBe(sha256Of(Buffer.from(large?.job ?? '')));
  });

  test('that the configuration asks for is one, whatever the command says', async () => {
    const { jobs, sweep } = await project.plan(app('+hydra=multi', 'lr=1'));
    expect(sweep?.axes).toBe('model');
    expect(jobs.map(({ overrides }) => overrides)).toEqual([
      ['model=small', '+hydra=multi', 'lr=1'],
      ['model=large', '+hydra=multi', 'lr=1'],
    ]);
  });

  test('Hydra’s own overrides are for every job, its options too', async () => {
    const { jobs } = await project.plan(
      app('-m', '--config-dir=more', 'hydra.verbose=true', 'model=huge,small'),
    );
    expect(jobs.map(({ argv }) => argv.slice(2))).toEqual([
      ['--config-dir=more', 'hydra.verbose=true', 'model=huge'],
      ['--config-dir=more', 'hydra.verbose=true', 'model=small'],
    ]);
  });

  test('job directories of its own are resolved for each job; one inside the sweep’s is the layout’s', async () => {
    const own = await project.plan(app(...MULTI, '+hydra=own', 'lr=1,2'));
    expect(own.sweep?.dir).toBe(join(project.dir, 'sweeps/train'));
    expect(own.jobs.map(({ configuration }) => configuration?.runDir)).toEqual([
      join(project.dir, 'logs/0_1'),
      join(project.dir, 'logs/1_2'),
    ]);
    const within = await project.plan(app(...MULTI, '+hydra=within', 'lr=1,2'));
    expect(within.jobs.map(({ configuration }) => configuration?.runDir)).toEqual(['', '']);
    expect(within.notes).toEqual([
      'hydra.sweep.subdir lies in the directory of the sweep: jobs get those of the layout',
    ]);
  });

  test('a typo in the 997th job is found, and named', async () => {
    const names = Array.from({ length: 1000 }, (_, n) => (n === 996 ? 'lrge' : n % 2 ? 'small' : 'large'));
    const said = await refusal(project.plan(app(...MULTI, `model=choice(${names.join(',')})`)));
    expect(said.split('\n')).toEqual([
      '1 of 1000 jobs cannot be composed, so nothing is queued',
      'mend them, or leave them out with --skip-invalid',
      "  job 996 (model=lrge): In 'config': Could not find 'model/lrge'; did you mean 'model/large'?",
    ]);
  });

  test('--skip-invalid leaves bad jobs out, and says which', async () => {
    const { jobs, notes } = await project.plan(app(...MULTI, 'model=small,lrge'), { 'skip-invalid': [''] });
    expect(jobs.map(({ overrides }) => overrides)).toEqual([['model=small']]);
    expect(notes).toEqual([expect.stringMatching(/^left out job 1 \(model=lrge\): .*did you mean/)]);
  });

  test('when no job can be composed, that is said once', async () => {
    const flags = { 'skip-invalid': [''] };
    expect(await refusal(project.plan(app(...MULTI, 'lrr=1,2'), flags))).toMatch(/^Could not override 'lrr'/);
  });

  test('other sweepers and launchers are refused by name, --whole runs them as one', async () => {
    const optuna = app('-m', 'hydra/sweeper=optuna', 'lr=1,2');
    expect(await refusal(project.plan(optuna))).toMatch(/hydra\/sweeper: optuna.*\nsubmit --whole/);
    const joblib = app('-m', 'hydra/launcher=joblib', 'lr=1,2');
    expect(await refusal(project.plan(joblib))).toMatch(/hydra\/launcher: joblib/);
    const { jobs, sweep } = await project.plan(optuna, { whole: [''] });
    expect(sweep).toBe(null);
    expect(jobs).toEqual([expect.objectContaining({ ...optuna, configuration: null })]);
    expect(await refusal(project.plan(optuna, { whole: [''], multirun: [''] }))).toMatch(/--whole/);
  });

  test('ten million jobs are refused before they are made; the limit can be raised', async () => {
    const huge = app('-m', 'seed=range(10000)', 'lr=range(1000)');
    expect(await refusal(project.plan(huge))).toMatch(/10,000,000 jobs\nEXPD_SWEEP_LIMIT=/);
    const some = app('-m', 'seed=range(30)');
    expect(await refusal(project.plan(some, {}, { EXPD_SWEEP_LIMIT: '20' }))).toMatch(/more than 20/);
    expect((await project.plan(some, {}, { EXPD_SWEEP_LIMIT: '30' })).jobs.length).toBe(30);
    expect(await refusal(project.plan(some, {}, { EXPD_SWEEP_LIMIT: 'many' }))).toMatch(/no number of jobs/);
  });
});

describe('what only Python knows is left unchecked, and said', () => {
  test.each([
    ['configurations in code', 'store.py', /ConfigStore/],
    ['a computed path', 'computed.py', /config_path is known to Python alone \(HERE\)/],
  ])('%s', async (_, script, why) => {
    const argv = ['python3', script, 'whatever=1'];
    const { jobs, notes } = await project.plan({ argv });
    expect(notes).toEqual([expect.stringMatching(/^overrides not checked: /)]);
    expect(notes[0]).toMatch(why);
    expect(jobs[0]).toMatchObject({
      argv,
      configuration: { job: '', overrides: ['whatever=1'], programWords: 2 },
    });
    const swept = await project.plan({ argv: [...argv, 'lr=1,2'] }, { multirun: [''] });
    expect(swept.jobs.map((job) => job.argv.slice(2))).toEqual([
      ['whatever=1', 'lr=1'],
      ['whatever=1', 'lr=2'],
    ]);
    expect(await refusal(project.plan({ argv }, { 'pin-config': [''] }))).toMatch(/^--pin-config: /);
  });
});

describe('told otherwise', () => {
  test('--no-hydra: any command, swept by its words', async () => {
    const { jobs } = await project.plan(app('nonsense=1,2'), { multirun: [''], 'no-hydra': [''] });
    expect(jobs.map(({ argv, configuration }) => [argv.at(-1), configuration])).toEqual([
      ['nonsense=1', null],
      ['nonsense=2', null],
    ]);
  });

  test('--hydra: an application whose source does not show it', async () => {
    const { jobs, notes } = await project.plan({ argv: ['python3', 'plain.py', 'a=1'] }, { hydra: [''] });
    expect(notes).toEqual(['overrides not checked: its source was not found']);
    expect(jobs[0]?.configuration).toMatchObject({ overrides: ['a=1'], programWords: 2 });
  });

  test('what excludes each other', async () => {
    expect(await refusal(project.plan(app(), { hydra: [''], 'no-hydra': [''] }))).toMatch(/exclude/);
    expect(await refusal(project.plan(app(), { 'config-name': ['x'] }))).toMatch(/behind the program/);
  });

  test('an application of Hydra 1.1: its own directory is searched, .yml too', async () => {
    expect((await project.plan({ argv: ['python3', 'old.py'] })).jobs[0]?.configuration?.versionBase).toBe(
      '1.1',
    );
  });
});
