import { HydraError } from './errors.js';
import { floatRepr, readFloat } from './python/number.js';
import { Dict, isList, type Key, PathValue, type Value } from './value.js';

// Values as JSON that keeps Python's types: every float is {"$float": repr}, large ints {"$int"}, bytes {"$bytes"} in
// base64, paths {"$path"}; mappings with keys that JSON objects would change are {"$map": [[key, value], …]}.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const toTyped = (value: Value): Json => JSON.parse(typedText(value));

/** `toTyped` as text. */
export function typedText(value: Value): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? String(value) : `{"$int":"${value}"}`;
    case 'number':
      return `{"$float":"${floatRepr(value)}"}`;
  }
  if (value instanceof PathValue) return `{"$path":${JSON.stringify(value.path)}}`;
  if (value instanceof Uint8Array) return `{"$bytes":"${Buffer.from(value).toString('base64')}"}`;
  return isList(value) ? `[${value.map(typedText).join(',')}]` : dictText(value, typedText);
}

/** A mapping of anything that can be said as text. */
export function dictText<V>(dict: Dict<V>, textOf: (value: V) => string): string {
  let text = '';
  let plain = true;
  dict.forEach((key, value) => {
    const name = nameOf(key);
    plain &&= name !== null;
    text += `${text === '' ? '' : ','}${name}:${textOf(value)}`;
  });
  if (plain) return `{${text}}`;
  const pairs = Array.from(dict, ([key, value]) => `[${typedText(key)},${textOf(value)}]`);
  return `{"$map":[${pairs.join(',')}]}`;
}

/** Whether a key can be that of a JSON object, which changes some, and is not taken for one of ours. */
export const isJsonKey = (key: Key): boolean => nameOf(key) !== null;

/** As JSON; null: it is no key of a JSON object. */
function nameOf(key: Key): string | null {
  if (typeof key !== 'string') return null;
  const known = names.get(key);
  if (known !== undefined) return known;
  const plain = !/^(0|[1-9]\d*)$/.test(key) && !key.startsWith('$') && key !== '__proto__';
  const name = plain ? JSON.stringify(key) : null;
  // The jobs of a sweep have the same keys.
  if (names.size >= MOST_NAMES) names.clear();
  names.set(key, name);
  return name;
}

const MOST_NAMES = 10_000;
const names = new Map<string, string | null>();

export function fromTyped(json: Json): Value {
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json;
  if (typeof json === 'number') return BigInt(json);
  if (Array.isArray(json)) return json.map(fromTyped);
  return (
    special(json) ?? Dict.from(Object.entries(json).map(([key, value]) => [key, fromTyped(value)] as const))
  );
}

function special(json: { [key: string]: Json }): Value | null {
  const [name, ...more] = Object.keys(json);
  const value = name === undefined ? null : (json[name] ?? null);
  if (more.length > 0) return null;
  if (name === '$map' && Array.isArray(value)) return Dict.from(value.map(pair));
  if (typeof value !== 'string') return null;
  switch (name) {
    case '$int':
      return BigInt(value);
    case '$float':
      return readFloat(value);
    case '$path':
      return new PathValue(value);
    case '$bytes':
      return new Uint8Array(Buffer.from(value, 'base64'));
    default:
      return null;
  }
}

function pair(entry: Json): readonly [Key, Value] {
  const [key = null, value = null] = Array.isArray(entry) ? entry : [];
  const read = fromTyped(key);
  if (isList(read) || read instanceof Dict || read instanceof PathValue)
    throw new HydraError('KeyValidationError', `${JSON.stringify(key)} is no key`);
  return [read, fromTyped(value)];
}
