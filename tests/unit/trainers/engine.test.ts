import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CANDIDATES, candidatesFor } from '../../../src/trainers/engine/candidates.js';
import { describe as described, openEngine } from '../../../src/trainers/engine/engine.js';
import { linkPlace } from '../../../src/trainers/engine/link-place.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'engine-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('a choice is final, auto tries all, tensorflow those that are it', () => {
  expect(candidatesFor('auto')).toEqual(CANDIDATES);
  expect(candidatesFor('tensorflow')).toEqual(['linked', 'tfjs-node-gpu', 'tfjs-node']);
  expect(candidatesFor('wasm')).toEqual(['wasm']);
});

test('wasm computes, and says of each candidate before it why it is not that one', async () => {
  const engine = await openEngine('auto', false, { HOME: home });
  expect(engine).toMatchObject({ name: 'wasm', version: '4.22.0', gpu: false });
  expect(engine.passedOver.map(({ candidate }) => candidate)).toEqual([
    'linked',
    'tfjs-node-gpu',
    'tfjs-node',
  ]);
  expect(described(engine)).toEqual([
    'engine: wasm (TensorFlow.js 4.22.0)',
    '  passed over: linked: no TensorFlow is linked (expctl tfjs link does it)',
    expect.stringMatching(/^ {2}passed over: tfjs-node-gpu: /),
    expect.stringMatching(/^ {2}passed over: tfjs-node: /),
  ]);
});

test('a GPU that is required and not there ends it, with what each candidate lacks', async () => {
  await expect(openEngine('auto', true, { HOME: home })).rejects.toThrow(
    /^there is no engine with a GPU: linked: .*; tfjs-node-gpu: .*; wasm: it computes on the CPU; cpu: it computes on the CPU$/,
  );
});

test('what was chosen and cannot be had is not replaced by another', async () => {
  await expect(openEngine('linked', false, { HOME: home })).rejects.toThrow(
    /^there is no engine: linked: no TensorFlow is linked/,
  );
});

test('a TensorFlow that was linked and then removed is named', async () => {
  const place = linkPlace({ XDG_DATA_HOME: home });
  mkdirSync(place, { recursive: true });
  const gone = join(home, 'site-packages/tensorflow');
  writeFileSync(join(place, 'link.json'), JSON.stringify({ tensorflow: gone, version: '2.21.0' }));
  await expect(openEngine('linked', false, { XDG_DATA_HOME: home })).rejects.toThrow(`is gone: ${gone} (`);
});
