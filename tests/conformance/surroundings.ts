import { plain } from '../../src/hydra/config/argument.js';
import type { Container } from '../../src/hydra/config/node.js';
import type { Resolver } from '../../src/hydra/config/resolve.js';
import { resolvers, type Surroundings } from '../../src/hydra/config/resolvers.js';
import { HydraError } from '../../src/hydra/errors.js';
import type { Json } from '../../src/hydra/typed-json.js';
import { Dict, isList, type Value } from '../../src/hydra/value.js';
import { loadYaml } from '../../src/hydra/yaml/load.js';

// The world in which the cases were recorded.

const ENV = {
  USER: 'alice',
  HOME: '/home/alice',
  PATH: '/usr/bin:/bin',
  FOO_INT: '42',
  FOO_FLOAT: '1.5',
  FOO_LIST: '[1,2,a]',
  FOO_EMPTY: '',
  FOO_BOOL: 'true',
  FOO_INTERP: '${x}',
  DATA_DIR: '/data/sets',
  LANG: 'C.UTF-8',
};

export function surroundings(env: Json | undefined): Omit<Surroundings, 'hydra' | 'warn'> {
  const more = typeof env === 'object' && env !== null && !Array.isArray(env) ? env : {};
  return {
    env: { ...ENV, ...Object.fromEntries(Object.entries(more).map(([key, value]) => [key, String(value)])) },
    now: () => ({ year: 2024, month: 1, day: 2, hour: 3, minute: 4, second: 5, microsecond: 678901 }),
    pythonVersion: '3.11.2',
    loadYaml: (text) => loadYaml(text),
  };
}

/** The resolvers that OmegaConf's own tests register. */
export const TEST_RESOLVERS: Readonly<Record<string, Resolver>> = {
  test: (args) => (args.length === 1 ? (args[0] ?? null) : args),
  first: (args) => {
    if (args.length !== 1) throw new HydraError('TypeError', 'first takes one argument');
    return firstOf(plain(args[0] ?? null));
  },
  'ns1.ns2.test': (args) => (args.length === 1 ? (args[0] ?? null) : args),
};

function firstOf(value: Value): Value {
  const all = isList(value)
    ? value
    : value instanceof Dict
      ? value.keys()
      : typeof value === 'string'
        ? [...value]
        : null;
  const first = all?.[0];
  if (first === undefined) throw new HydraError('TypeError', 'there is nothing to iterate over');
  return first;
}

export const testResolvers = (env: Json | undefined, hydra: Container | null): Record<string, Resolver> => ({
  ...resolvers({ ...surroundings(env), hydra: () => hydra, warn: () => {} }),
  ...TEST_RESOLVERS,
});
