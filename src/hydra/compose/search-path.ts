import { resolvedContent } from '../config/content.js';
import { createRoot } from '../config/create.js';
import { isContainer } from '../config/node.js';
import { Resolution, type Resolver } from '../config/resolve.js';
import { HydraError } from '../errors.js';
import { keyElement, type Override, overrideValue } from '../override/override.js';
import { repr } from '../python/text.js';
import { Dict, isList, type Value } from '../value.js';
import type { Repository } from './repository.js';
import { describeSource, type Source } from './source.js';

/** Makes a source of an entry of `hydra.searchpath`; ValueError for a scheme that is not known. */
export type OpenSource = (provider: string, path: string) => Source;

/**
 * Adds what `hydra.searchpath` names, behind the other sources but before the last. It is read from the command line,
 * else from the primary configuration as it lies in its file, before anything is composed.
 */
export function extendSearchPath(
  repository: Repository,
  config: string | null,
  overrides: readonly Override[],
  resolvers: Readonly<Record<string, Resolver>>,
  open: OpenSource,
  warn: (message: string) => void,
): void {
  const primary = config === null ? new Dict<Value>() : (repository.load(config)?.value ?? new Dict<Value>());
  if (!(primary instanceof Dict))
    throw new HydraError(
      'ConfigCompositionException',
      `primary config '${config}' must be a mapping, it is a list`,
    );
  const override = overrides.find((candidate) => keyElement(candidate) === 'hydra.searchpath');
  const given = override === undefined ? fromPrimary(primary, resolvers) : overrideValue(override);
  if (given === null) return;
  const provider = `hydra.searchpath in ${override === undefined ? 'main' : 'command-line'}`;
  const sources = pathsOf(given).map((path) => open(provider, path));
  const last = repository.sources.at(-1);
  const before = repository.sources.slice(0, -1);
  repository.replaceSources([...before, ...sources, ...(last === undefined ? [] : [last])]);
  for (const source of repository.sources)
    if (!source.available()) warn(`${describeSource(source)} is not available.`);
}

function fromPrimary(primary: Dict<Value>, resolvers: Readonly<Record<string, Resolver>>): Value {
  if (!primary.has('hydra')) return null;
  const root = createRoot(primary);
  const resolution = new Resolution(resolvers);
  const found = isContainer(root) ? resolution.selectAbsolute(root, 'hydra.searchpath') : null;
  const value = found === null ? null : resolvedContent(found, resolution);
  return value === '???' ? null : value;
}

function pathsOf(given: Value): string[] {
  const paths = isList(given) ? given.filter((path) => typeof path === 'string') : [];
  if (isList(given) && paths.length === given.length) return paths;
  throw new HydraError(
    'ConfigCompositionException',
    `hydra.searchpath must be a list of strings. Got: ${repr(given)}`,
  );
}
