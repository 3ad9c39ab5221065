import { HydraError, isInterpolationError } from '../errors.js';
import { readInt } from '../python/number.js';
import { repr } from '../python/text.js';
import { Dict, type Key, typeName, type Value } from '../value.js';
import { type Argument, argumentOf, plain, shown } from './argument.js';
import { convert } from './field.js';
import { type Element, type Interpolation, parseText, type Text } from './interpolation.js';
import {
  type Container,
  children,
  DictNode,
  fullKey,
  isContainer,
  isInterpolationNode,
  isMissingNode,
  isNode,
  items,
  Leaf,
  type Node,
  plainContent,
  Result,
  rootOf,
} from './node.js';
import { splitKey } from './path.js';

/** A function behind `${name:…}`; it may answer with a node, or with a value. HydraError, or Error for what it refuses. */
export type Resolver = (args: readonly Argument[], at: Site) => Argument | Node;

/** Where an interpolation stands. */
export interface Site {
  resolution: Resolution;
  /** The container that holds it. */
  parent: Container;
  node: Node;
  /** The arguments as they were written. */
  texts: readonly string[];
}

/**
 * Follows interpolations in one configuration. Nothing is stored: a node is resolved each time it is read, as by
 * OmegaConf, except for what resolvers remember in `cache`.
 */
export class Resolution {
  /** By resolver and arguments. */
  readonly cache = new Map<string, Value>();

  constructor(
    readonly resolvers: Readonly<Record<string, Resolver>>,
    /** Called for a resolver that is not known; throws UnsupportedInterpolationType by default. */
    private readonly unknown: (name: string) => Argument | Node = unsupported,
  ) {}

  /** The same with other resolvers beside or instead of its own; it remembers nothing yet. */
  with(resolvers: Readonly<Record<string, Resolver>>): Resolution {
    return new Resolution({ ...this.resolvers, ...resolvers }, this.unknown);
  }

  /** The node itself, or what its interpolation stands for. */
  dereference(node: Node, seen: Seen = new Set()): Node {
    if (!isInterpolationNode(node)) return node;
    if (node.parent === null)
      throw new HydraError('InterpolationResolutionError', 'an interpolation needs a parent to be resolved');
    return this.#resolve(node, node.parent, seen);
  }

  /** null where that fails. */
  tryDereference(node: Node): Node | null {
    try {
      return this.dereference(node);
    } catch (error) {
      if (isInterpolationError(error)) return null;
      throw error;
    }
  }

  /**
   * The node at a key that is relative to `from` (each dot at its start goes one container up, the first none), with
   * interpolations on the way followed. null where there is none.
   */
  select(
    from: Container,
    key: string,
    onMissing: 'throw' | 'return' = 'return',
    seen: Seen | null = null,
  ): Node | null {
    if (key === '') return from;
    const parts = splitKey(key);
    let at: Node = from;
    for (let index = 0; index < parts.length; index++) {
      if (!isContainer(at)) throw noContainer(key, parts, index);
      const part = parts[index] ?? '';
      const child = childAt(at, part);
      if (child === null) return null;
      if (isMissingNode(child) && onMissing === 'throw')
        throw new HydraError('MissingMandatoryValue', `Missing mandatory value: ${fullKey(child)}`);
      const last = index === parts.length - 1;
      if (isMissingNode(child)) {
        if (last) return child;
        throw noContainer(key, parts, index + 1);
      }
      at = last ? this.#follow(child, seen) : this.#deeper(child, seen);
    }
    return at;
  }

  /** Like `select`, for a key that starts at the root unless it begins with a dot; null also below a scalar. */
  selectAbsolute(from: Container, key: string, onMissing: 'throw' | 'return' = 'return'): Node | null {
    const { base, rest } = baseOf(from, key);
    return this.#found(base, rest, onMissing);
  }

  /** `OmegaConf.select`: the key is relative to the container, with or without a dot. null also below a scalar. */
  find(from: Container, key: string): Node | null {
    const { base, rest } = baseOf(from, key.startsWith('.') ? key : `.${key}`);
    try {
      return this.#found(base, rest, 'return');
    } catch (error) {
      // An index of a list that is none.
      if (!(error instanceof HydraError) || error.type !== 'TypeError') throw error;
      throw new HydraError('ConfigTypeError', error.message, { cause: error });
    }
  }

  #found(base: Container, key: string, onMissing: 'throw' | 'return'): Node | null {
    try {
      return this.select(base, key, onMissing);
    } catch (error) {
      if (error instanceof HydraError && error.type === 'ConfigTypeError') return null;
      throw error;
    }
  }

  /** The value of one argument, as `oc.decode` reads it. */
  evaluate(element: Element, site: Pick<Site, 'parent' | 'node'>): Argument {
    return this.#wrapped(() => this.#element(element, { ...site, seen: new Set() }));
  }

  #depth = 0;

  #deeper(node: Node, seen: Seen | null): Node {
    // Loops through the middle of a path are not seen by their nodes.
    if (this.#depth > MAX_DEPTH) throw recursive();
    this.#depth++;
    try {
      return this.dereference(node, seen ?? new Set());
    } finally {
      this.#depth--;
    }
  }

  #follow(node: Node, seen: Seen | null): Node {
    if (seen?.has(node)) throw recursive();
    seen?.add(node);
    try {
      return this.dereference(node, seen ?? new Set());
    } finally {
      seen?.delete(node);
    }
  }

  #resolve(node: Node, parent: Container, seen: Seen): Node {
    const text = plainContent(node);
    if (typeof text !== 'string') return node;
    const found = this.#wrapped(() => this.#text(parseText(text), { parent, node, seen }));
    return node instanceof Leaf && node.field.kind !== 'any' ? converted(node, found) : asNode(found, node);
  }

  /** Whatever goes wrong within an interpolation is an InterpolationResolutionError. */
  #wrapped<T>(evaluate: () => T): T {
    try {
      return evaluate();
    } catch (error) {
      if (isInterpolationError(error)) throw error;
      // A loop that leads through resolvers.
      if (error instanceof RangeError) throw recursive();
      const details = error instanceof HydraError ? error.details : {};
      throw new HydraError(
        'InterpolationResolutionError',
        `${kindOf(error)} raised while resolving interpolation: ${wordsOf(error)}`,
        { ...details, original: undefined, cause: error },
      );
    }
  }

  #text(text: Text, at: At): Argument | Node {
    const [only] = text;
    if (text.length === 1 && only !== undefined && typeof only !== 'string')
      return this.#interpolation(only, at);
    return text
      .map((part) => (typeof part === 'string' ? part : shown(this.#interpolation(part, at))))
      .join('');
  }

  #interpolation(interpolation: Interpolation, at: At): Argument | Node {
    return interpolation.kind === 'reference'
      ? this.#reference(this.#joined(interpolation.key, at), at)
      : this.#call(this.#joined(interpolation.name, at), interpolation.arguments, at);
  }

  #joined(parts: readonly (string | Interpolation)[], at: At): string {
    return parts.map((part) => (typeof part === 'string' ? part : this.#name(part, at))).join('');
  }

  #name(part: Interpolation, at: At): string {
    const value = argumentOf(this.#interpolation(part, at));
    if (typeof value === 'string') return value;
    throw new HydraError(
      'InterpolationResolutionError',
      `The following interpolation is used to denote a config key and thus should return a string, but instead returned \`${shown(value)}\``,
    );
  }

  #reference(key: string, { parent, seen }: At): Node {
    const { base, rest } = this.#base(parent, key);
    const found = this.#target(base, rest, seen);
    if (found === null)
      throw new HydraError('InterpolationKeyError', `Interpolation key '${rest}' not found`, {
        available: base instanceof DictNode ? (children(base)?.keys() ?? []).map(String) : [],
      });
    for (let above: Node | null = parent; above !== null; above = above.parent)
      if (above === found)
        throw new HydraError('InterpolationResolutionError', 'Interpolation to parent node detected');
    return found;
  }

  #base(parent: Container, key: string): { base: Container; rest: string } {
    try {
      return baseOf(parent, key);
    } catch (cause) {
      throw new HydraError(
        'InterpolationKeyError',
        `ConfigKeyError while resolving interpolation: ${wordsOf(cause)}`,
        { cause },
      );
    }
  }

  #target(base: Container, key: string, seen: Seen): Node | null {
    try {
      return this.select(base, key, 'throw', seen);
    } catch (error) {
      if (!(error instanceof HydraError) || error.type !== 'MissingMandatoryValue') throw error;
      throw new HydraError(
        'InterpolationToMissingValueError',
        `MissingMandatoryValue while resolving interpolation: ${error.message}`,
        { cause: error },
      );
    }
  }

  #call(name: string, given: readonly { element: Element; text: string }[], at: At): Argument | Node {
    const resolver = Object.hasOwn(this.resolvers, name) ? this.resolvers[name] : undefined;
    const args = given.map(({ element }) => this.#element(element, at));
    if (resolver === undefined) return this.unknown(name);
    const { parent, node } = at;
    return resolver(args, { resolution: this, parent, node, texts: given.map(({ text }) => text) });
  }

  #element(element: Element, at: At): Argument {
    switch (element.kind) {
      case 'plain':
        return element.value;
      case 'text': {
        const value = argumentOf(this.#text(element.parts, at));
        return element.quoted ? shown(value) : value;
      }
      case 'list':
        return element.items.map((item) => this.#element(item, at));
      case 'dict':
        return Dict.from(
          element.entries.map(([key, value]): [Key, Argument] => [key, this.#element(value, at)]),
        );
    }
  }
}

// The messages of interpolations are those of OmegaConf: people know them from the program that fails in the same way.

const kindOf = (error: unknown): string =>
  error instanceof HydraError ? error.type : error instanceof Error ? error.name : 'Exception';

/** Python shows the text of a KeyError as it shows a string. */
function wordsOf(error: unknown): string {
  if (error instanceof HydraError && error.details.original !== undefined) return error.details.original;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof HydraError && error.type === 'KeyError' ? repr(message) : message;
}

interface At {
  parent: Container;
  node: Node;
  seen: Seen;
}

/** The nodes that are being resolved. */
type Seen = Set<Node>;

const MAX_DEPTH = 100;

const recursive = (): HydraError =>
  new HydraError('InterpolationResolutionError', 'Recursive interpolation detected');

export function unsupported(name: string): never {
  throw new HydraError('UnsupportedInterpolationType', `Unsupported interpolation type ${name}`, {
    hint: 'resolvers that a Python program registers are known to that program alone',
  });
}

const noContainer = (key: string, parts: readonly string[], index: number): HydraError => {
  const [holder, child] = [parts.slice(0, index).join('.'), parts[index] ?? ''];
  return new HydraError(
    'ConfigTypeError',
    `Error trying to access ${key}: node \`${holder}\` is not a container and thus cannot contain \`${child}\``,
  );
};

/** Without a dot at the start a key belongs to the root; the first dot is the container itself. */
function baseOf(from: Container, key: string): { base: Container; rest: string } {
  const relative = key.startsWith('.');
  let base: Node | null = relative ? from : rootOf(from);
  let rest = relative ? key.slice(1) : key;
  while (relative && rest.startsWith('.')) {
    rest = rest.slice(1);
    base = base.parent;
    if (base === null) throw new HydraError('ConfigKeyError', `Error resolving key '${key}'`);
  }
  if (!isContainer(base)) throw new HydraError('ConfigKeyError', `nothing can be found from '${key}'`);
  return { base, rest };
}

/** null where there is none. TypeError for a list with an index that is no number. */
export function childAt(container: Container, part: string): Node | null {
  if (container instanceof DictNode) return children(container)?.get(part) ?? null;
  const list = items(container);
  if (list === null) return null;
  const index = readInt(part);
  if (index === null) throw new HydraError('TypeError', `Index '${part}' (str) is not an int`);
  return index < 0 ? null : (list[Number(index)] ?? null);
}

/** A node for what an interpolation gave. */
function asNode(found: Argument | Node, at: Node): Node {
  if (isNode(found)) return found;
  const result = new Result(plain(found));
  result.parent = at.parent;
  result.key = at.key;
  return result;
}

/** What an interpolation gave, in the type of the field that holds it. */
function converted(leaf: Leaf, found: Argument | Node): Node {
  const value = plain(argumentOf(found));
  let fitting: Value;
  try {
    fitting = convert(leaf.field, value);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new HydraError('InterpolationValidationError', message, { cause });
  }
  if (typeName(fitting) === typeName(value)) return asNode(found, leaf);
  return asNode(fitting, leaf);
}
