import { resolvedContent } from '../config/content.js';
import { append, create } from '../config/create.js';
import { assign } from '../config/merge.js';
import { type Container, children, DictNode, isMissingNode, items, ListNode } from '../config/node.js';
import type { Resolution } from '../config/resolve.js';
import { HydraError } from '../errors.js';
import { isHydraOverride, type Override } from '../override/override.js';
import { Dict, isList, type Value } from '../value.js';
import type { Source, VersionBase } from './source.js';

export interface Runtime {
  overrides: readonly Override[];
  choices: ReadonlyMap<string, string | null>;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  hydraVersion: string;
  versionBase: VersionBase;
  sources: readonly Source[];
  jobName: string;
  configName: string | null;
}

/** Fills in what the hydra node says of this very composition. */
export function fillRuntime(root: DictNode, runtime: Runtime, resolution: Resolution): void {
  const at = (path: string): Container => containerAt(root, path);
  const set = (path: string, key: string, value: Value): void => {
    const node = at(path);
    if (node instanceof DictNode) assign(node, key, value, { open: node });
  };
  const task = runtime.overrides.filter((override) => !isHydraOverride(override));
  for (const override of runtime.overrides)
    push(at(`hydra.overrides.${isHydraOverride(override) ? 'hydra' : 'task'}`), override.input);
  for (const [key, choice] of runtime.choices) set('hydra.runtime.choices', key, choice);
  for (const name of textsAt(at('hydra.job.env_copy'), resolution)) {
    const value = runtime.env[name];
    if (value === undefined)
      throw new HydraError('KeyError', `hydra.job.env_copy names ${name}, which is not in the environment`);
    set('hydra.job.env_set', name, value);
  }
  set('hydra.runtime', 'version', runtime.hydraVersion);
  set('hydra.runtime', 'version_base', runtime.versionBase);
  set('hydra.runtime', 'cwd', runtime.cwd);
  set('hydra.runtime', 'config_sources', runtime.sources.map(sourceRow));
  const job = at('hydra.job');
  const name = job instanceof DictNode ? children(job)?.get('name') : undefined;
  if (name === undefined || isMissingNode(name)) set('hydra.job', 'name', runtime.jobName);
  set('hydra.job', 'override_dirname', overrideDirname(task, dirnameConfig(at, resolution)));
  set('hydra.job', 'config_name', runtime.configName);
}

const sourceRow = ({ path, scheme, provider }: Source): Value =>
  Dict.from([
    ['path', path],
    ['schema', scheme],
    ['provider', provider],
  ]);

export interface DirnameConfig {
  kvSep: string;
  itemSep: string;
  excludeKeys: readonly string[];
}

function dirnameConfig(at: (path: string) => Container, resolution: Resolution): DirnameConfig {
  const config = resolvedContent(at('hydra.job.config.override_dirname'), resolution);
  const read = (key: string): Value => (config instanceof Dict ? (config.get(key) ?? null) : null);
  const excluded = read('exclude_keys');
  return {
    kvSep: String(read('kv_sep')),
    itemSep: String(read('item_sep')),
    excludeKeys: isList(excluded) ? excluded.map(String) : [],
  };
}

/** The overrides in one word, sorted, for names of directories. */
export function overrideDirname(
  task: readonly Override[],
  { kvSep, itemSep, excludeKeys }: DirnameConfig,
): string {
  const lines = task.filter(({ key }) => !excludeKeys.includes(key)).map(({ input }) => input);
  return lines
    .sort(byCodePoint)
    .join(itemSep)
    .replaceAll('=', () => kvSep);
}

const byCodePoint = (a: string, b: string): number => {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
};

/** The container at a path of keys, which must be there. */
function containerAt(root: DictNode, path: string): Container {
  let at: Container = root;
  for (const key of path.split('.')) {
    const next: unknown = at instanceof DictNode ? children(at)?.get(key) : undefined;
    if (!(next instanceof DictNode || next instanceof ListNode))
      throw new HydraError('ConfigTypeError', `${path} must be a mapping or list`);
    at = next;
  }
  return at;
}

function push(list: Container, value: Value): void {
  const into = list instanceof ListNode ? items(list) : null;
  if (list instanceof ListNode && into !== null) append(list, into, create(value, list.element));
}

function textsAt(list: Container, resolution: Resolution): string[] {
  const value = resolvedContent(list, resolution);
  return isList(value) ? value.map(String) : [];
}
