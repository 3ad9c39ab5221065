import { Dict, isList, type Key, type Value } from '../../../src/hydra/value.js';

/** The smallest text found, by leaving out ever smaller parts, of which `fails` still holds. */
export async function shrinkText(text: string, fails: (text: string) => Promise<boolean>): Promise<string> {
  for (const smaller of shorter(text)) if (await fails(smaller)) return shrinkText(smaller, fails);
  return text;
}

/** The same for a value: without an entry or an item, with a shorter text. */
export async function shrinkValue(value: Value, fails: (value: Value) => Promise<boolean>): Promise<Value> {
  for (const smaller of simpler(value)) if (await fails(smaller)) return shrinkValue(smaller, fails);
  return value;
}

function* shorter(text: string): Generator<string> {
  for (let length = Math.ceil(text.length / 2); length >= 1; length = Math.floor(length / 2))
    for (let at = 0; at < text.length; at += length)
      yield (text.slice(0, at) + text.slice(at + length)).toWellFormed();
}

function* simpler(value: Value): Generator<Value> {
  if (typeof value === 'string') yield* shorter(value);
  else if (isList(value)) {
    yield* value.filter(isCollection);
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, item] of value.entries())
      for (const smaller of simpler(item)) yield value.with(index, smaller);
  } else if (value instanceof Dict) yield* simplerDicts([...value]);
}

const isCollection = (value: Value): boolean => isList(value) || value instanceof Dict;

function* simplerDicts(entries: readonly (readonly [Key, Value])[]): Generator<Value> {
  yield* entries.map(([, value]) => value).filter(isCollection);
  for (const index of entries.keys()) yield Dict.from(entries.toSpliced(index, 1));
  for (const [index, [key, value]] of entries.entries()) {
    for (const smaller of simpler(value)) yield Dict.from(entries.with(index, [key, smaller]));
    if (typeof key === 'string')
      for (const smaller of shorter(key)) yield Dict.from(entries.with(index, [smaller, value]));
  }
}
