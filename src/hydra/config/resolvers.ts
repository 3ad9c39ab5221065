import { HydraError } from '../errors.js';
import { type Moment, strftime } from '../python/strftime.js';
import { Dict, typeName, type Value } from '../value.js';
import { type Argument, argumentOf, plain, shown } from './argument.js';
import { append, create, createRoot } from './create.js';
import { ANY } from './field.js';
import { parseElement } from './interpolation.js';
import {
  type Container,
  children,
  DictNode,
  fullKey,
  isContainer,
  isMissingNode,
  Leaf,
  ListNode,
  type Node,
} from './node.js';
import type { Resolver, Site } from './resolve.js';

/** What resolvers know of the world. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  /** The time now. */
  now: () => Moment;
  /** As `major.minor.micro`. */
  pythonVersion: string;
  /** Reads the YAML that `oc.create` may be given. */
  loadYaml: (text: string) => Value;
  /** Told by `oc.deprecated`. */
  warn: (message: string) => void;
  /** The configuration that holds the hydra node of the job, once there is one. */
  hydra: () => Container | null;
}

/** OmegaConf's resolvers and Hydra's. https://omegaconf.readthedocs.io/en/2.3_branch/custom_resolvers.html */
export const resolvers = (world: Surroundings): Readonly<Record<string, Resolver>> => ({
  'oc.env': (args) => env(world, args),
  'oc.decode': decode,
  'oc.create': (args, site) => createNode(world, args, site),
  'oc.select': select,
  'oc.deprecated': (args, site) => deprecated(world, args, site),
  'oc.dict.keys': dictKeys,
  'oc.dict.values': dictValues,
  now: (args, site) => now(world, args, site),
  hydra: (args, site) => hydra(world, args, site),
  python_version: (args) => pythonVersion(world, args),
});

function env({ env: variables }: Surroundings, args: readonly Argument[]): Argument {
  const [key, fallback] = takes('oc.env', args, 1, 2);
  if (typeof key !== 'string') throw new HydraError('TypeError', 'oc.env: the name of a variable is text');
  const value = variables[key];
  if (value !== undefined) return value;
  if (fallback === undefined) throw new HydraError('KeyError', `Environment variable '${key}' not found`);
  return fallback === null ? null : shown(fallback);
}

function decode(args: readonly Argument[], site: Site): Argument {
  const [expression] = takes('oc.decode', args, 1, 1);
  if (expression === null) return null;
  if (typeof expression !== 'string')
    throw new HydraError(
      'TypeError',
      `\`oc.decode\` can only take strings or None as input, but \`${shown(expression ?? null)}\` is of type ${kindName(expression ?? null)}`,
    );
  return site.resolution.evaluate(parseElement(expression), site);
}

function createNode({ loadYaml }: Surroundings, args: readonly Argument[], { parent }: Site): Node {
  const [given = null] = takes('oc.create', args, 1, 1);
  const node = typeof given === 'string' ? createFromText(loadYaml(given)) : createFrom(given);
  node.parent = parent;
  return node;
}

const createFromText = (value: Value): Node =>
  createRoot(value === null ? new Dict() : typeof value === 'string' ? Dict.from([[value, null]]) : value);

function createFrom(given: Argument): Node {
  if (given === null) return new DictNode(null);
  const node = create(plain(given));
  if (isContainer(node)) return node;
  throw new HydraError(
    'ValidationError',
    `Object of unsupported type: '${kindName(given)}'
    full_key: 
    object_type=None`,
  );
}

function select(args: readonly Argument[], { resolution, parent }: Site): Argument | Node {
  const [key, fallback = null] = takes('oc.select', args, 1, 2);
  const found = resolution.selectAbsolute(
    parent,
    text(key, (kind) => `oc.select: the key is ${kind}, not a string`),
  );
  return found === null || isMissingNode(found) ? fallback : argumentOf(found);
}

function deprecated(
  world: Surroundings,
  args: readonly Argument[],
  { resolution, parent, node }: Site,
): Node {
  const [key, message = DEPRECATED] = takes('oc.deprecated', args, 1, 2);
  if (typeof message !== 'string')
    throw new HydraError(
      'TypeError',
      `oc.deprecated: interpolation message type is not a string (${kindName(message)})`,
    );
  const target = resolution.selectAbsolute(
    parent,
    text(key, (kind) => `oc.deprecated: interpolation key type is not a string (${kind})`),
  );
  if (target === null)
    throw new HydraError(
      'ConfigKeyError',
      `In oc.deprecated resolver at '${fullKey(node)}': Key not found: '${String(key)}'`,
    );
  const names: Readonly<Record<string, string>> = { OLD_KEY: fullKey(node), NEW_KEY: fullKey(target) };
  const named = message.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (all, bare: string, braced: string) =>
    all === '$$' ? '$' : (names[bare ?? braced] ?? all),
  );
  world.warn(named);
  return target;
}

const DEPRECATED = "'$OLD_KEY' is deprecated. Change your code and config to use '$NEW_KEY'";

function dictKeys(args: readonly Argument[], site: Site): Node {
  const { dict } = dictArgument('oc.dict.keys', args, site);
  const list = create([...(children(dict)?.keys() ?? [])]);
  list.parent = site.parent;
  return list;
}

/** Interpolations of the values, so that each is resolved where it stands. */
function dictValues(args: readonly Argument[], site: Site): Node {
  const { key, dict } = dictArgument('oc.dict.values', args, site);
  // One dot more: the list is one level more.
  const prefix = key.startsWith('.') ? `.${key}` : key;
  const list = new ListNode([], { kind: 'list', element: ANY, optional: true });
  const into: Node[] = [];
  list.content = into;
  for (const name of children(dict)?.keys() ?? [])
    append(list, into, new Leaf(`\${${prefix}.${String(name)}}`));
  list.parent = site.parent;
  return list;
}

function dictArgument(
  name: string,
  args: readonly Argument[],
  { resolution, parent }: Site,
): { key: string; dict: DictNode } {
  const [given] = takes(name, args, 1, 1);
  const key = text(
    given,
    (kind) =>
      `\`${name}\` requires a string as input, but obtained \`${shown(given ?? null)}\` of type: ${kind}`,
  );
  const dict = resolution.selectAbsolute(parent, key, 'throw');
  if (dict === null) throw new HydraError('ConfigKeyError', `Key not found: '${key}'`);
  if (!(dict instanceof DictNode) || children(dict) === null)
    throw new HydraError(
      'TypeError',
      `\`${name}\` cannot be applied to objects of type: ${kindName(argumentOf(dict))}`,
    );
  return { key, dict };
}

/** Remembered by what was written, so that one configuration shows one time for one format. */
function now({ now: clock }: Surroundings, args: readonly Argument[], { resolution, texts }: Site): Argument {
  const [format] = takes('now', args, 1, 1);
  if (typeof format !== 'string') throw new HydraError('TypeError', 'now: the format is text');
  const key = `now ${texts.join(' ')}`;
  const known = resolution.cache.get(key);
  if (known !== undefined) return known;
  const value = strftime(clock(), format);
  resolution.cache.set(key, value);
  return value;
}

function hydra({ hydra: current }: Surroundings, args: readonly Argument[], { resolution }: Site): Argument {
  const [path] = takes('hydra', args, 1, 1);
  const root = current();
  if (root === null) throw new HydraError('ValueError', 'there is no hydra configuration yet');
  const node = root instanceof DictNode ? children(root)?.get('hydra') : undefined;
  if (!isContainer(node)) throw new HydraError('ValueError', 'there is no hydra configuration');
  const found = resolution.select(
    node,
    text(path, (kind) => `hydra: the key is ${kind}, not a string`),
  );
  return found === null || isMissingNode(found) ? null : argumentOf(found);
}

function pythonVersion({ pythonVersion: version }: Surroundings, args: readonly Argument[]): Argument {
  const [level = 'minor'] = takes('python_version', args, 0, 1);
  if (level !== null && typeof level === 'object')
    throw new HydraError('TypeError', `unhashable type: '${kindName(level)}'`);
  const parts = version.split('.');
  const count = { major: 1, minor: 2, micro: 3 }[String(level)];
  return count === undefined ? null : parts.slice(0, count).join('.');
}

function text(argument: Argument | undefined, complaint: (kind: string) => string): string {
  if (typeof argument === 'string') return argument;
  throw new HydraError('TypeError', complaint(kindName(argument ?? null)));
}

function kindName(argument: Argument): string {
  if (argument instanceof DictNode) return 'DictConfig';
  return argument instanceof ListNode ? 'ListConfig' : typeName(plain(argument));
}

function takes(name: string, args: readonly Argument[], least: number, most: number): readonly Argument[] {
  if (args.length >= least && args.length <= most) return args;
  throw new HydraError(
    'TypeError',
    `${name} takes ${least === most ? least : `${least} to ${most}`} arguments`,
  );
}
