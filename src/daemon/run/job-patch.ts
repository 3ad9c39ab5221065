/** Of a configuration that another one is told by. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A configuration that is told as a JSON Patch (RFC 6902) of another one, with `replace` alone. null: it is no such
 * patch, or replaces what is not there.
 */
export function patched(base: Json, patch: string): Json | null {
  const operations = parsed(patch);
  if (!Array.isArray(operations)) return null;
  const own = new Set<Parent>();
  let whole = base;
  for (const operation of operations) {
    if (!isObject(operation) || operation.op !== 'replace' || operation.value === undefined) return null;
    const keys = keysOf(operation.path);
    const next = keys === null ? undefined : replaced(whole, keys, operation.value, own);
    if (next === undefined) return null;
    whole = next;
  }
  return whole;
}

/** undefined: it is no JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a JSON Pointer (RFC 6901) to what is not the root. */
function keysOf(path: Json | undefined): string[] | null {
  if (typeof path !== 'string' || !path.startsWith('/')) return null;
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What is not on the way is shared with the base. `own`: copies made so far. undefined: the way leads nowhere. */
function replaced(
  node: Json,
  [key, ...rest]: readonly string[],
  value: Json,
  own: Set<Parent>,
): Json | undefined {
  if (key === undefined) return value;
  if (!isParent(node)) return undefined;
  const item = childAt(node, key);
  const next = item === undefined ? undefined : replaced(item, rest, value, own);
  if (next === undefined) return undefined;
  const copy = own.has(node) ? node : Array.isArray(node) ? [...node] : { ...node };
  own.add(copy);
  return Object.assign(copy, { [key]: next });
}

type Parent = Json[] | { [key: string]: Json };

const isParent = (node: Json): node is Parent => typeof node === 'object' && node !== null;

function childAt(node: Parent, key: string): Json | undefined {
  if (Array.isArray(node)) return /^(0|[1-9]\d*)$/.test(key) ? node[Number(key)] : undefined;
  return Object.hasOwn(node, key) ? node[key] : undefined;
}
