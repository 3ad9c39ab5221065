import { shown } from './config/argument.js';
import { resolvedContent } from './config/content.js';
import { createRoot } from './config/create.js';
import { children, DictNode, isContainer, type Node, plainContent } from './config/node.js';
import { Resolution, type Resolver } from './config/resolve.js';
import { resolvers, type Surroundings } from './config/resolvers.js';
import { HydraError } from './errors.js';
import { Dict, type Value } from './value.js';

/**
 * A job's configuration with its interpolations followed, from values that were composed before. What only the job's
 * own program knows (resolvers that it registers) stays as it is written, and so does what fails otherwise: the program
 * will say so where it reads it.
 */
export function resolveStored(
  job: Value,
  hydra: Value,
  world: Omit<Surroundings, 'hydra' | 'warn'>,
  more: Readonly<Record<string, Resolver>>,
): Value {
  if (!(job instanceof Dict)) return job;
  const root = createRoot(Dict.from<Value>([['hydra', hydra], ...job]));
  if (!(root instanceof DictNode)) return job;
  const known = resolvers({ ...world, warn: () => {}, hydra: () => root });
  const resolution = new Resolution({ ...known, ...more });
  const resolved = new Dict<Value>();
  for (const [key, child] of children(root) ?? [])
    if (key !== 'hydra') resolved.set(key, resolvedContent(child, resolution, asWritten));
  return resolved;
}

function asWritten(node: Node, error: unknown): Value {
  if (error instanceof HydraError) return plainContent(node) ?? null;
  throw error;
}

/** The text at a key of plain values, interpolations followed. HydraError for one that leads nowhere. */
export function textIn(
  values: Dict<Value>,
  key: string,
  world: Omit<Surroundings, 'hydra' | 'warn'>,
): string {
  const root = createRoot(values);
  const resolution = new Resolution(resolvers({ ...world, warn: () => {}, hydra: () => null }));
  const found = isContainer(root) ? resolution.select(root, key, 'throw') : null;
  if (found === null) throw new HydraError('ConfigKeyError', `there is no ${key}`);
  return shown(found);
}
