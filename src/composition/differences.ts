import type { Configuration } from '../gen/expd/v1/runs.js';
import { Dict, dumpYaml, fromTyped, isList, type Value } from '../hydra/hydra.js';
import { isSecretName, REDACTED, redactText } from '../secrets.js';

type Composed = Pick<Configuration, 'job'>;

/** A key whose values differ, each as YAML; null: the key is not there. */
export interface Difference {
  key: string;
  one: string | null;
  other: string | null;
}

/** What differs between two configurations, in the order of the first. Nothing is the same as an empty one. */
export function differences(one: Composed | undefined, other: Composed | undefined): Difference[] {
  const [a, b] = [flat(one), flat(other)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((key) => ({ key, one: a.get(key) ?? null, other: b.get(key) ?? null }))
    .filter((row) => row.one !== row.other)
    .map(({ key, ...row }) => ({ key, one: shown(key, row.one), other: shown(key, row.other) }));
}

/** What is secret may differ, but is not shown. */
const shown = (key: string, text: string | null): string | null =>
  text === null ? null : isSecretName(key) ? REDACTED : redactText(text);

function flat(configuration: Pick<Configuration, 'job'> | undefined): Map<string, string> {
  const all = new Map<string, string>();
  if (configuration !== undefined && configuration.job !== '')
    walk(fromTyped(JSON.parse(configuration.job)), '', all);
  return all;
}

function walk(value: Value, path: string, into: Map<string, string>): void {
  const children = value instanceof Dict ? [...value] : isList(value) ? [...value.entries()] : [];
  if (children.length === 0) {
    if (path !== '') into.set(path, dumpYaml(value).replace(/\n(\.\.\.\n)?$/, ''));
    return;
  }
  for (const [key, child] of children)
    walk(child, isList(value) ? `${path}[${String(key)}]` : join(path, String(key)), into);
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
