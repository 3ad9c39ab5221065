import { argumentOf, contentOf, plain } from '../../src/hydra/config/argument.js';
import { missingKeys, resolvedContent, resolveInPlace } from '../../src/hydra/config/content.js';
import { createRoot } from '../../src/hydra/config/create.js';
import { parseElement, parseText } from '../../src/hydra/config/interpolation.js';
import { mergeInto } from '../../src/hydra/config/merge.js';
import {
  type Container,
  children,
  DictNode,
  isContainer,
  isMissingNode,
  items,
  Leaf,
  type Node,
} from '../../src/hydra/config/node.js';
import { Resolution } from '../../src/hydra/config/resolve.js';
import { update } from '../../src/hydra/config/update.js';
import { HydraError } from '../../src/hydra/errors.js';
import { fromTyped, type Json, toTyped } from '../../src/hydra/typed-json.js';
import { Dict, type Value } from '../../src/hydra/value.js';
import { dumpYaml } from '../../src/hydra/yaml/dump.js';
import { loadYaml } from '../../src/hydra/yaml/load.js';
import { errorJson, type Where } from './errors.js';
import { testResolvers } from './surroundings.js';

type Fields = { [key: string]: Json };

/** Text is YAML; a text in it alone is a key without a value. */
export function configOf(json: Json | undefined): Value {
  const value = typeof json === 'string' ? loadYaml(json) : fromTyped(json ?? null);
  return typeof value === 'string' ? Dict.from([[value, null]]) : (value ?? new Dict());
}

const resolution = (env: Fields | undefined): Resolution => new Resolution(testResolvers(env, null));

export function answerMerge({ configs }: Fields): Json {
  const [first, ...rest] = configs as Json[];
  const root = createRoot(configOf(first));
  for (const src of rest) {
    const value = src === null ? null : configOf(src);
    if (value === null && root instanceof DictNode) root.content = null;
    // Each is checked as a configuration of its own.
    else
      mergeInto(root, contentOf(createRoot(value ?? new Dict())), {
        openness: 'free',
        resolution: resolution({}),
      });
  }
  return dataAndYaml(root);
}

export function answerCreate({ input }: Fields): Json {
  return dataAndYaml(createRoot(configOf(input)));
}

export function answerUpdate({ config, key, value = null, merge }: Fields): Json {
  const root = createRoot(configOf(config));
  update(root, String(key), fromTyped(value), {
    resolution: resolution({}),
    openness: 'free',
    merge: merge !== false,
  });
  return dataAndYaml(root);
}

export function answerDotlist({ input }: Fields): Json {
  const root = createRoot(new Dict());
  for (const word of input as string[]) {
    const at = word.indexOf('=');
    const value = at < 0 ? null : loadYaml(word.slice(at + 1));
    update(root, at < 0 ? word : word.slice(0, at), value, { resolution: resolution({}), openness: 'free' });
  }
  return { data: toTyped(contentOf(root)) };
}

export function answerSelect({ config, key, env }: Fields): Json {
  const root = createRoot(configOf(config));
  const found = resolution(env as Fields).find(root, String(key));
  return { value: found === null || isMissingNode(found) ? null : toTyped(plain(argumentOf(found))) };
}

export function answerGrammar({ rule, input, config, env }: Fields): Json {
  const root = createRoot(configOf(config));
  const resolutions = resolution(env as Fields);
  if (rule === 'singleElement') {
    const leaf = new Leaf(String(input));
    leaf.parent = root;
    const element = parseElement(String(input));
    return { value: toTyped(plain(resolutions.evaluate(element, { parent: root, node: leaf }))) };
  }
  const text = String(input);
  parseText(text);
  const leaf = new Leaf(text);
  leaf.parent = root;
  if (!text.includes('${')) return { value: text };
  return { value: toTyped(plain(argumentOf(resolutions.dereference(leaf)))) };
}

export function answerResolve({ config, env }: Fields): Json {
  const value = configOf(config);
  const root = createRoot(value);
  return {
    container: attempt(
      () => toTyped(resolvedContent(root, resolution(env as Fields))),
      (error) => whereOf(error),
    ),
    nodes: nodesOf(root, resolution(env as Fields)),
    resolve_inplace_yaml: attempt(() => {
      const copy = createRoot(value);
      resolveInPlace(copy, resolution(env as Fields));
      return dumpYaml(contentOf(copy));
    }),
    missing_keys: attempt(
      () => missingKeys(root, resolution(env as Fields)).sort(),
      (error) => whereOf(error),
    ),
  };
}

function attempt(answer: () => Json, where?: (error: unknown) => Where | undefined): Json {
  try {
    return answer();
  } catch (error) {
    return errorJson(error, where?.(error));
  }
}

/** Where the interpolation stands that failed. */
function whereOf(error: unknown): Where | undefined {
  const key = error instanceof HydraError ? error.details.key : undefined;
  if (key === undefined) return undefined;
  const { declared: reference } = (error as HydraError).details;
  return {
    fullKey: key,
    kind: key.endsWith(']') ? 'list' : 'dict',
    ...(reference !== undefined && { reference }),
  };
}

function nodesOf(root: Container, resolutions: Resolution): Json {
  const rows: Json[] = [];
  const visit = (container: Container, path: Json[]): void => {
    const all =
      container instanceof DictNode ? (children(container)?.values() ?? []) : (items(container) ?? []);
    for (const child of all) {
      const at = [...path, toTyped(child.key)];
      rows.push([at, nodeRow(child, resolutions)]);
      if (isContainer(child)) visit(child, at);
    }
  };
  visit(root, []);
  return rows;
}

function nodeRow(node: Node, resolutions: Resolution): Json {
  if (isMissingNode(node)) return { error: 'MissingMandatoryValue' };
  try {
    const found = resolutions.dereference(node);
    return isContainer(found) ? { container: true } : { value: toTyped(plain(argumentOf(found))) };
  } catch (error) {
    if (!(error instanceof HydraError)) throw error;
    return { error: error.type };
  }
}

const dataAndYaml = (root: Container): Json => {
  const value = contentOf(root);
  return { data: toTyped(value), yaml: dumpYaml(value) };
};
