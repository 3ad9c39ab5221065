import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect } from 'vitest';
import { HydraError } from '../../../src/hydra/errors.js';
import { fromTyped, type Json, toTyped } from '../../../src/hydra/typed-json.js';
import type { Value } from '../../../src/hydra/value.js';
import { dumpYaml } from '../../../src/hydra/yaml/dump.js';
import { loadYaml } from '../../../src/hydra/yaml/load.js';
import { interopPython } from '../../helpers/interop-python.js';
import { type Random, random } from '../../helpers/random.js';
import { type Answer, Oracle } from './oracle.js';
import { shrinkText, shrinkValue } from './yaml-shrink.js';
import { damaged, TEXTS } from './yaml-texts.js';
import { someContent } from './yaml-values.js';

// Random texts and values, read and written by the real libraries and by ours. `EXPD_INTEROP_CASES=100000` compares
// more of each kind, `EXPD_TEST_SEED=7` others; `EXPD_YAML_FILES=DIR` damages the files there, too.

const { python, test } = interopPython('training');
const CASES = Number(process.env.EXPD_INTEROP_CASES ?? 1000);
const SEED = Number(process.env.EXPD_TEST_SEED ?? 1);
/** How many are asked at once. */
const BATCH = 200;

let started: Oracle | null = null;
const oracle = (): Oracle => {
  started ??= new Oracle(python);
  return started;
};
afterAll(() => started?.close());

const places = [resolve(import.meta.dirname, '../../../conf'), process.env.EXPD_YAML_FILES ?? []].flat();
const files = places.flatMap((place) =>
  readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => readFileSync(join(place, path), 'utf8')),
);

const kinds = { ...TEXTS, 'damaged files': (chosen: Random) => damaged(chosen, chosen.of(files)) };
for (const [kind, make] of Object.entries(kinds))
  test(`texts are read alike: ${kind}`, async () => {
    await compare(make, readDifference, shrinkText);
  });

test('values are written alike, and read back alike', async () => {
  await compare(someContent, writtenDifference, shrinkValue);
});

/** Fails with the smallest case found that differs. */
async function compare<Case>(
  make: (random: Random) => Case,
  difference: (one: Case) => Promise<Json | null>,
  shrink: (one: Case, fails: (one: Case) => Promise<boolean>) => Promise<Case>,
): Promise<void> {
  const chosen = random(SEED);
  for (let done = 0; done < CASES; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, CASES - done) }, () => make(chosen));
    const found = await Promise.all(batch.map(difference));
    const first = batch[found.findIndex((differs) => differs !== null)];
    if (first === undefined) continue;
    const smallest = await shrink(first, async (one) => (await difference(one)) !== null);
    expect.fail(visible(await difference(smallest)));
  }
}

const visible = (json: Json): string =>
  JSON.stringify(json, null, 2).replace(
    /[\x7f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

async function readDifference(text: string): Promise<Json | null> {
  const real = await oracle().ask({ kind: 'yaml_load', input: text });
  const ours = answered(() => ({ value: toTyped(loadYaml(text)) }));
  return isSame(real, ours) ? null : { text, real, ours };
}

async function writtenDifference(value: Value): Promise<Json | null> {
  const data = toTyped(value);
  const real = await oracle().ask({ kind: 'yaml_dump', data });
  // What looks like an interpolation and is none is refused before it is written.
  if ('error' in real && real.error.type === 'GrammarParseError') return null;
  const ours = answered(() => ({ yaml: dumpYaml(fromTyped(data)) }));
  if (!isSame(real, ours)) return { data, real, ours };
  return 'ok' in ours ? readDifference(dumpYaml(value)) : null;
}

function answered(answer: () => Json): Answer {
  try {
    return { ok: answer() };
  } catch (error) {
    if (error instanceof HydraError) return { error: { type: error.type, message: error.message } };
    throw error;
  }
}

/** Errors are alike when they are of one kind; words are our own. The order of keys counts. */
function isSame(real: Answer, ours: Answer): boolean {
  if ('ok' in real) return 'ok' in ours && JSON.stringify(real.ok) === JSON.stringify(ours.ok);
  return 'error' in ours && (real.error.type === 'RecursionError' || ourType(real.error) === ours.error.type);
}

/** Python lets some of its own errors through where ours says what is wrong. */
function ourType({ type, message }: { type: string; message: string }): string {
  if (message.startsWith('no JSON for')) return 'UnsupportedValueType';
  return OUR_TYPES[type] ?? type;
}

const OUR_TYPES: Readonly<Record<string, string>> = {
  IndexError: 'ValueError',
  OverflowError: 'ValueError',
  // A date that is none.
  AttributeError: 'UnsupportedValueType',
};
