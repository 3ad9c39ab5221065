import { Dict, isJsonKey, isList, type Key, typedText, type Value } from '../hydra/hydra.js';

/**
 * What a configuration has else than another one, as a JSON Patch (RFC 6902) of its typed JSON, with `replace` alone:
 * where keys or lengths differ, the mapping or list is replaced. null: nothing of the two is the same.
 */
export function patchOf(base: Value, value: Value): string | null {
  const changes: Change[] = [];
  compare(base, value, [], changes);
  if (changes.some(({ path }) => path === '')) return null;
  const operations = changes.map(
    ({ path, value: now }) => `{"op":"replace","path":${JSON.stringify(path)},"value":${typedText(now)}}`,
  );
  return `[${operations.join(',')}]`;
}

interface Change {
  /** A JSON Pointer (RFC 6901). */
  path: string;
  value: Value;
}

/** `at`: the keys that lead here. */
function compare(base: Value, value: Value, at: (string | number)[], into: Change[]): void {
  if (base instanceof Dict && value instanceof Dict && haveSameKeys(base, value))
    value.forEach((key, item) => {
      below(base.get(key) ?? null, item, String(key), at, into);
    });
  else if (isList(base) && isList(value) && base.length === value.length)
    for (const [index, item] of value.entries()) below(base[index] ?? null, item, index, at, into);
  else if (!Object.is(base, value) && typedText(base) !== typedText(value))
    into.push({ path: at.map(pointed).join(''), value });
}

function below(
  base: Value,
  value: Value,
  key: string | number,
  at: (string | number)[],
  into: Change[],
): void {
  if (typeof value === 'string' && base === value) return;
  at.push(key);
  compare(base, value, at, into);
  at.pop();
}

/** In the same order, and members of a JSON object as they are. */
function haveSameKeys(base: Dict<Value>, value: Dict<Value>): boolean {
  const keys: Key[] = base.keys();
  let [index, same] = [0, base.size === value.size];
  value.forEach((key) => {
    same &&= keys[index++] === key && isJsonKey(key);
  });
  return same;
}

const pointed = (key: string | number): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
