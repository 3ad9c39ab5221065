import { HydraError } from './errors.js';
import { floatRepr, readFloat } from './python/number.js';
import { Dict, isList, type Key, PathValue, type Value } from './value.js';

// Values as JSON that keeps Python's types: every float is {"$float": repr}, large ints {"$int"}, bytes {"$bytes"} in
// base64, paths {"$path"}; mappings with keys that JSON objects would change are {"$map": [[key, value], …]}.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export function toTyped(value: Value): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : { $int: String(value) };
  if (typeof value === 'number') return { $float: floatRepr(value) };
  if (value instanceof PathValue) return { $path: value.path };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  return isList(value) ? value.map(toTyped) : dictToTyped(value, toTyped);
}

export function dictToTyped<V>(dict: Dict<V>, typed: (value: V) => Json): Json {
  const entries = [...dict];
  const plain = entries.every(
    ([key]) =>
      typeof key === 'string' && !/^(0|[1-9]\d*)$/.test(key) && !key.startsWith('$') && key !== '__proto__',
  );
  return plain
    ? Object.fromEntries(entries.map(([key, value]) => [key, typed(value)]))
    : { $map: entries.map(([key, value]) => [toTyped(key), typed(value)]) };
}

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
