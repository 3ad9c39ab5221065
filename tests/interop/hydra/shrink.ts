import type { Json } from '../../../src/hydra/typed-json.js';

/** The smallest question found, by leaving out one thing after the other, of which `fails` still holds. */
export async function shrink<Q extends { [key: string]: Json }>(
  question: Q,
  fails: (question: Q) => Promise<boolean>,
): Promise<Q> {
  for (const smaller of without(question) as Generator<Q>)
    if (await fails(smaller)) return shrink(smaller, fails);
  return question;
}

/** Parts that a question cannot do without. */
const KEPT: ReadonlySet<string> = new Set([
  'kind',
  'rule',
  'version_base',
  'hydra_version',
  'job_name',
  'run_mode',
  'provider',
  'prepend_hydra',
  'skip_missing',
  'merge',
  '$float',
  '$int',
  '$bytes',
  '$path',
]);
/** Parts of which something may go, but not all of it. */
const NAMED: ReadonlySet<string> = new Set([
  'search_path',
  'overrides',
  'files',
  'config',
  'configs',
  'data',
  'input',
  'key',
  'value',
  'config_name',
  'exclude_keys',
  'item_sep',
  'kv_sep',
  'path',
  'package',
  'yaml',
  'max_batch_size',
]);

/** One step smaller, the large steps first. */
function* without(json: Json): Generator<Json> {
  if (typeof json === 'string') yield* shorter(json);
  else if (Array.isArray(json)) {
    yield* halves(json.length, (from, to) => json.toSpliced(from, to - from));
    for (const [index, item] of json.entries())
      for (const smaller of without(item)) yield json.with(index, smaller);
  } else if (typeof json === 'object' && json !== null) yield* fewerKeys(json);
}

function* fewerKeys(json: { [key: string]: Json }): Generator<Json> {
  if (Array.isArray(json.$map)) {
    for (const pairs of fewerPairs(json.$map)) yield { $map: pairs };
    return;
  }
  const entries = Object.entries(json).filter(([key]) => !KEPT.has(key));
  for (const [key] of entries)
    if (!NAMED.has(key)) {
      const { [key]: _, ...rest } = json;
      yield rest;
    }
  for (const [key, item] of entries) for (const smaller of without(item)) yield { ...json, [key]: smaller };
}

function* fewerPairs(pairs: Json[]): Generator<Json[]> {
  for (const index of pairs.keys()) yield pairs.toSpliced(index, 1);
  for (const [index, pair] of pairs.entries())
    if (Array.isArray(pair))
      for (const smaller of without(pair[1] ?? null)) yield pairs.with(index, [pair[0] ?? null, smaller]);
}

/** A text without lines, then without characters. */
function* shorter(text: string): Generator<string> {
  const lines = text.split('\n');
  if (lines.length > 1)
    yield* halves(lines.length, (from, to) => lines.toSpliced(from, to - from).join('\n'));
  yield* halves(text.length, (from, to) => (text.slice(0, from) + text.slice(to)).toWellFormed());
}

function* halves<T>(length: number, without: (from: number, to: number) => T): Generator<T> {
  for (let size = length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < length; from += size) yield without(from, Math.min(length, from + size));
}
