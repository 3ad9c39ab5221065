import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRIC, TRAINERS } from '../../src/client/hydra/expd-node.js';
import { autoencoder } from '../../src/trainers/autoencoder.js';
import { LOSS } from '../../src/trainers/checkpoint/line.js';
import { flow2d } from '../../src/trainers/flow2d.js';
import { flowsprites } from '../../src/trainers/flowsprites.js';

const root = resolve(import.meta.dirname, '../..');
/** What expd says by other means, or what is said only to a trainer started by hand. */
const ELSEWHERE = { seed: '${seed}', engine: null };
const BY_HAND = ['output', 'resume'];

test.each([flow2d, flowsprites, autoencoder])(
  'conf/trainer/$name.yaml has every knob, and its default',
  ({ name, knobs }) => {
    const text = readFileSync(resolve(root, `conf/trainer/${name}.yaml`), 'utf8');
    const { command, ...configured } = parse(text);
    const presets = Object.entries(knobs)
      .filter(([knob]) => !BY_HAND.includes(knob))
      .map(([knob, { preset }]) => [knob, preset]);
    expect(configured).toEqual({ ...Object.fromEntries(presets), ...ELSEWHERE });
    expect(command).toEqual(['node', '${expd_file:dist/bin/expd-train.cjs}', name]);
  },
);

test('a configuration names those that there are', () => {
  expect(TRAINERS).toEqual([flow2d, flowsprites, autoencoder].map(({ name }) => name));
  expect(METRIC).toBe(LOSS);
});

test.each([flow2d, flowsprites, autoencoder])(
  'docs/trainers.md has every knob of $name',
  ({ name, knobs }) => {
    const docs = readFileSync(resolve(root, 'docs/trainers.md'), 'utf8');
    const section = docs.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
    const common = docs.split(/^## /m).find((part) => part.startsWith('Knobs of all\n')) ?? '';
    for (const [knob, { preset }] of Object.entries(knobs)) {
      const row = [section, common]
        .flatMap((part) => part.split('\n'))
        .find((line) => line.startsWith(`| \`${knob}\` |`));
      expect(row, knob).toBeDefined();
      if (preset !== '' && row !== undefined && section.includes(row)) expect(row).toContain(`| ${preset} |`);
    }
  },
);
