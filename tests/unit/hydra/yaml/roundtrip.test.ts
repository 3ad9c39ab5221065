import { expect, test } from 'vitest';
import { toTyped } from '../../../../src/hydra/typed-json.js';
import { Dict, isList, type Value } from '../../../../src/hydra/value.js';
import { dumpYaml } from '../../../../src/hydra/yaml/dump.js';
import { loadYaml } from '../../../../src/hydra/yaml/load.js';
import { randomly } from '../../../helpers/random.js';
import { TEXTS } from '../../../interop/hydra/yaml-texts.js';
import { someContent } from '../../../interop/hydra/yaml-values.js';

/** YAML 1.1 reads NEL as another line break; PyYAML writes it all the same. And a text may look like a float to OmegaConf alone. */
const LOST = /\u0085|\d\.[\d_]*_[\d_]*e\d/;

const holds = (value: Value, pattern: RegExp): boolean => {
  if (typeof value === 'string') return pattern.test(value);
  if (isList(value)) return value.some((item) => holds(item, pattern));
  if (!(value instanceof Dict)) return false;
  return [...value].some(
    ([key, item]) => (typeof key === 'string' && pattern.test(key)) || holds(item, pattern),
  );
};

test('what was written is read back', () => {
  randomly(500, (random) => {
    const value = someContent(random);
    if (holds(value, LOST)) return;
    expect(toTyped(loadYaml(dumpYaml(value)))).toEqual(toTyped(value));
  });
});

test('what was read and written is stable', () => {
  let stable = 0;
  randomly(1500, (random) => {
    const value = readable(random.of(Object.values(TEXTS))(random));
    if (value === undefined || holds(value, LOST)) return;
    const written = dumpYaml(value);
    expect(dumpYaml(loadYaml(written))).toBe(written);
    stable++;
  });
  if (process.env.EXPD_TEST_SEED === undefined) expect(stable).toBeGreaterThan(500);
});

function readable(text: string): Value | undefined {
  try {
    return loadYaml(text);
  } catch {
    return undefined;
  }
}
