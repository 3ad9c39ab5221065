/**
 * What a configuration holds, told apart as Python tells it apart: an int is a bigint (unbounded), a float is a number,
 * so `1` and `1.0` stay different. A mapping is a Dict, for its keys need not be strings.
 */
export type Value = Scalar | readonly Value[] | Dict<Value>;
export type Scalar = null | boolean | bigint | number | string | Uint8Array | PathValue;
/** Keys of mappings: OmegaConf takes no others; null only within values of overrides. */
export type Key = string | bigint | number | boolean | Uint8Array | null;

/** A pathlib.Path, which YAML can name by a tag. */
export class PathValue {
  constructor(readonly path: string) {}
}

/** A mapping in order of insertion with Python's equality of keys: 1, 1.0 and True are one key, the first one stays. */
export class Dict<V> implements Iterable<[Key, V]> {
  /** By the identity of the key; a key that is text is its own. */
  readonly #values = new Map<unknown, V>();
  /** Keys that are not their own identity. */
  #keys: Map<unknown, Key> | null = null;

  static from<V>(entries: Iterable<readonly [Key, V]>): Dict<V> {
    const dict = new Dict<V>();
    for (const [key, value] of entries) dict.set(key, value);
    return dict;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: Key): V | undefined {
    return this.#values.get(typeof key === 'string' ? key : identity(key));
  }

  has(key: Key): boolean {
    return this.#values.has(typeof key === 'string' ? key : identity(key));
  }

  set(key: Key, value: V): void {
    if (typeof key === 'string') {
      this.#values.set(key, value);
      return;
    }
    const id = identity(key);
    this.#keys ??= new Map();
    if (!this.#values.has(id)) this.#keys.set(id, key);
    this.#values.set(id, value);
  }

  delete(key: Key): boolean {
    const id = identity(key);
    this.#keys?.delete(id);
    return this.#values.delete(id);
  }

  keys(): Key[] {
    return Array.from(this.#values.keys(), (id) => this.#keyOf(id));
  }

  values(): V[] {
    return [...this.#values.values()];
  }

  *[Symbol.iterator](): Generator<[Key, V]> {
    for (const [id, value] of this.#values) yield [this.#keyOf(id), value];
  }

  /** As iterating, at a fraction of its time. */
  forEach(use: (key: Key, value: V) => void): void {
    this.#values.forEach((value, id) => {
      use(this.#keyOf(id), value);
    });
  }

  /** For console.log and the like. */
  [Symbol.for('nodejs.util.inspect.custom')](): Map<Key, V> {
    return new Map(this);
  }

  #keyOf(id: unknown): Key {
    return typeof id === 'string' ? id : (this.#keys?.get(id) ?? null);
  }
}

/** Equal keys have the same identity in the sense of Map. */
function identity(key: Key): unknown {
  if (typeof key === 'string') return key;
  if (typeof key === 'boolean') return key ? 1n : 0n;
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key;
  if (key instanceof Uint8Array) return Symbol.for(`bytes ${Buffer.from(key).toString('hex')}`);
  return key;
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isDict = (value: Value): value is Dict<Value> => value instanceof Dict;

/** The name of the type in Python, as messages show it. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (isList(value)) return 'list';
  if (value instanceof Dict) return 'dict';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof PathValue) return 'PosixPath';
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    default:
      return 'str';
  }
}

/** `==` of Python: numbers by value whatever their type, everything else by type and content. */
export function equal(a: Value, b: Value): boolean {
  const [x, y] = [number(a), number(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are compared by value
  if (x !== null && y !== null) return x == y;
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, n) => equal(item, b[n] ?? null));
  if (a instanceof Dict && b instanceof Dict) return equalDicts(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (a instanceof PathValue && b instanceof PathValue) return a.path === b.path;
  return a === b;
}

function equalDicts(a: Dict<Value>, b: Dict<Value>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}

function number(value: Value): number | bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : null;
}
