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

test('the first that can be had computes, and of each before it is said why it is not that one', async () => {
  const engine = await openEngine('auto', false, { HOME: home });
  const named = [...engine.passedOver.map(({ candidate }) => candidate), engine.name];
  expect(named).toEqual(CANDIDATES.slice(0, named.length));
  const [first, ...others] = described(engine);
  expect(first).toMatch(/^engine: (?:tfjs-node(?:-gpu)? \(TensorFlow|wasm \(TensorFlow\.js 4\.22\.0\)$)/);
  expect(others[0]).toBe('  passed over: linked: no TensorFlow is linked (expctl tfjs link does it)');
  for (const line of others) expect(line).toMatch(/^ {2}passed over: [\w-]+: ./);
});

test('a GPU that is required and not there ends it, with what each candidate lacks', async () => {
  for (const name of ['wasm', 'cpu'] as const)
    await expect(openEngine(name, true, { HOME: home })).rejects.toThrow(
      `there is no engine with a GPU: ${name}: it computes on the CPU`,
    );
  await expect(openEngine('linked', true, { HOME: home })).rejects.toThrow(
    'there is no engine with a GPU: linked: no TensorFlow is linked (expctl tfjs link does it)',
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
