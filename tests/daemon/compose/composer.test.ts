import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256Of } from '../../../src/composition/configure.js';
import type { Asks } from '../../../src/daemon/compose/asks.js';
import { Composer } from '../../../src/daemon/compose/composer.js';
import { PACKAGE_ROOT } from '../../../src/install.js';

const dir = mkdtempSync(join(tmpdir(), 'expd-composer-'));
const conf = join(dir, 'conf');
let composer: Composer;

beforeEach(() => {
  composer = new Composer(join(PACKAGE_ROOT, 'dist/composer.cjs'));
  rmSync(conf, { recursive: true, force: true });
  mkdirSync(join(conf, 'model'), { recursive: true });
  write('config.yaml', 'defaults: [model: small, _self_]\nlr: 0.1\nname: ${model.name}_${now:%Y}\n');
  write('model/small.yaml', 'name: small\n');
  write('model/large.yaml', 'name: large\n');
});
afterEach(() => composer.close());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const write = (file: string, text: string): void => writeFileSync(join(conf, file), text);

const asked = (more: Partial<Asks['compose']['ask']> = {}): Asks['compose']['ask'] => ({
  cwd: dir,
  searchPath: [conf],
  configName: 'config',
  overrides: [],
  multirun: false,
  versionBase: '1.3',
  jobName: 'train',
  environment: {},
  limit: 100,
  ...more,
});

describe('composing', () => {
  test('one configuration, with what it was made from', async () => {
    const answer = await composer.ask('compose', asked({ overrides: ['lr=1e-3'] }));
    expect(answer.yaml).toEqual(['model:\n  name: small\nlr: 0.001\nname: ${model.name}_${now:%Y}\n']);
    const [configuration] = answer.configurations;
    expect(configuration?.overrides).toEqual(['lr=1e-3']);
    expect(answer.blobs.length).toBe(2);
  });

  test('a sweep', async () => {
    const overrides = ['model=small,large', 'lr=1,2'];
    const answer = await composer.ask('compose', asked({ overrides, multirun: true }));
    expect(answer.axes).toBe('model × lr');
    expect(answer.configurations.map((one) => one.overrides)).toEqual([
      ['model=small', 'lr=1'],
      ['model=small', 'lr=2'],
      ['model=large', 'lr=1'],
      ['model=large', 'lr=2'],
    ]);
    expect(answer.multirunYaml).toContain('- model=small,large\n');
  });

  test.each<[string, Partial<Asks['compose']['ask']>, RegExp]>([
    ['a missing key', { overrides: ['lrr=1'] }, /Could not override 'lrr'/],
    ['a missing configuration', { configName: 'nothing' }, /nothing/],
    ['a bad job', { overrides: ['model=small,lrge'], multirun: true }, /job 1: .*model\/lrge/],
    ['too many jobs', { overrides: ['lr=range(1000)'], multirun: true }, /more than 100 values/],
  ])('%s is the caller’s to mend', async (_, more, message) => {
    await expect(composer.ask('compose', asked(more))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(message),
    });
  });

  test('questions that come together are answered each', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map((lr) => composer.ask('compose', asked({ overrides: [`lr=${lr}`] }))),
    );
    expect(answers.map(({ configurations }) => configurations[0]?.overrides)).toEqual([
      ['lr=1'],
      ['lr=2'],
      ['lr=3'],
    ]);
  });
});

test('what ends the process ends no more than its questions', async () => {
  const broken = join(dir, 'broken.cjs');
  writeFileSync(
    broken,
    `process.on('message', ({ id }) => {
       if (!require('node:fs').existsSync(${JSON.stringify(join(dir, 'once'))})) {
         require('node:fs').writeFileSync(${JSON.stringify(join(dir, 'once'))}, '');
         process.kill(process.pid, 'SIGKILL');
       }
       process.send({ id, answer: { differences: [] } });
     });`,
  );
  const other = new Composer(broken);
  try {
    const ask = () =>
      other.ask('drift', { composed: COMPOSED, tree: new Uint8Array(), cwd: dir, environment: {} });
    await expect(ask()).rejects.toThrow(/its process ended with SIGKILL/);
    expect(existsSync(join(dir, 'once'))).toBe(true);
    expect(await ask()).toEqual({ differences: [] });
  } finally {
    other.close();
  }
});

const COMPOSED = {
  configName: 'config',
  versionBase: '1.3',
  jobName: 'train',
  overrides: [],
  hydraOverrides: [],
  job: '{}',
};

describe('a configuration that was composed before', () => {
  test('drifts when its files say something else now', async () => {
    const { configurations, blobs } = await composer.ask('compose', asked({ overrides: ['lr=1'] }));
    const [composed] = configurations;
    const tree = blobs.find((blob) => sha256Of(Buffer.from(blob)) === composed?.treeSha256);
    if (composed === undefined || tree === undefined) throw new Error('nothing was composed');
    const ask = { composed, tree, cwd: dir, environment: {} };
    expect(await composer.ask('drift', ask)).toEqual({ differences: [] });
    write(
      'config.yaml',
      'defaults: [model: small, _self_]\nlr: 0.5\nname: ${model.name}_${now:%Y}\n# same\n',
    );
    expect(await composer.ask('drift', ask)).toEqual({ differences: [] });
    write('model/small.yaml', 'name: tiny\nwidth: 1\n');
    expect(await composer.ask('drift', ask)).toEqual({
      differences: [
        { key: 'model.name', one: 'small', other: 'tiny' },
        { key: 'model.width', one: null, other: '1' },
      ],
    });
    rmSync(join(conf, 'model'), { recursive: true });
    await expect(composer.ask('drift', ask)).rejects.toThrow(/model\/small/);
  });

  test('becomes the files that Hydra writes, and JSON that keeps ints and floats apart', async () => {
    write(
      'config.yaml',
      'f: 1.0\ni: 1\nn: .nan\nv: ${i}\nu: ${mine:1}\nd: ${hydra:runtime.output_dir}\nm: ???\n',
    );
    const { configurations, blobs } = await composer.ask('compose', asked({ overrides: ['i=2'] }));
    const [composed] = configurations;
    const hydra = blobs.map((blob) => Buffer.from(blob).toString()).find((text) => text.startsWith('{'));
    if (composed === undefined || hydra === undefined) throw new Error('nothing was composed');
    const files = await composer.ask('files', {
      composed,
      hydra,
      number: 3,
      outputDir: '/out/3',
      environment: {},
      now: 0,
    });
    expect(files.resolved).toBe(
      '{"f": 1.0, "i": 2, "n": "nan", "v": 2, "u": "${mine:1}", "d": "/out/3", "m": "???"}',
    );
    expect(files.overrides).toBe('- i=2\n');
    expect(files.config).toContain('v: ${i}\n');
    for (const line of [
      "    id: '3'\n",
      '    num: 3\n',
      '    output_dir: /out/3\n',
      '    override_dirname: i=2\n',
    ])
      expect(files.hydra).toContain(line);
  });
});
