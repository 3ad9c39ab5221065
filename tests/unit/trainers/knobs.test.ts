import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { choice, path, readKnobs, real, whole, yes } from '../../../src/trainers/knobs.js';

const knobs = {
  steps: whole(3000, 'steps', 1, 10_000),
  lr: real(0.1, 'rate', 0, 1),
  dataset: choice('moons', ['moons', 'spiral'], 'what'),
  require_gpu: yes(false, 'whether'),
  output: path('', 'where'),
};

const directory = mkdtempSync(join(tmpdir(), 'knobs-'));
afterAll(() => rmSync(directory, { recursive: true }));

function configured(config: unknown): { EXPD_CONFIG: string } {
  const file = join(directory, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  return { EXPD_CONFIG: file };
}

test('defaults, and every way to write one', () => {
  expect(readKnobs(knobs, [], {})).toEqual({
    steps: 3000,
    lr: 0.1,
    dataset: 'moons',
    require_gpu: false,
    output: '',
  });
  const words = ['steps=5', '--lr', '1e-3', '--dataset=spiral', 'trainer.require-gpu=true', 'output=a=b'];
  expect(readKnobs(knobs, words, {})).toEqual({
    steps: 5,
    lr: 0.001,
    dataset: 'spiral',
    require_gpu: true,
    output: 'a=b',
  });
});

test('words win over the configuration, that over what expd says, null leaves the default', () => {
  const env = configured({
    steps: 1,
    trainer: { command: ['x'], steps: 7, lr: 0.5, dataset: null, require_gpu: true },
  });
  expect(readKnobs(knobs, ['steps=9'], env, { steps: '3', output: '/o', dataset: undefined })).toEqual({
    steps: 9,
    lr: 0.5,
    dataset: 'moons',
    require_gpu: true,
    output: '/o',
  });
});

test.each([
  ['stepps=5', /there is no knob "stepps"; there are steps lr dataset require_gpu output/],
  ['steps=0', /steps is "0"; it should be a whole number from 1 to 10000/],
  ['steps=10001', /a whole number from 1 to 10000/],
  ['lr=1.5', /a number from 0 to 1/],
  ['steps=1.5', /a whole number/],
  ['lr=fast', /lr is "fast"; it should be a number from 0 to 1/],
  ['lr=', /a number from 0 to 1/],
  ['dataset=sun', /dataset is "sun"; it should be one of moons, spiral/],
  ['require_gpu=1', /it should be true or false/],
  ['steps', /"steps" is no knob with a value; write key=value/],
  ['--steps', /is no knob with a value/],
])('%s is refused as usage', (word, why) => {
  expect(() => readKnobs(knobs, [word], {})).toThrow(
    expect.objectContaining({ exit: 2, message: expect.stringMatching(why) }),
  );
});

test('a knob of the configuration that is none is refused, a configuration that is not there too', () => {
  expect(() => readKnobs(knobs, [], configured({ trainer: { lrr: 1 } }))).toThrow(/there is no knob "lrr"/);
  expect(() => readKnobs(knobs, [], { EXPD_CONFIG: join(directory, 'none.json') })).toThrow(/cannot be read/);
});
