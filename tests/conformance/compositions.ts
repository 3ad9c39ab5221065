import { join, resolve } from 'node:path';
import { colorlogSource, hydraSource, storeSource } from '../../src/hydra/builtin/sources.js';
import { Choices, isValueOverride } from '../../src/hydra/compose/choices.js';
import {
  Composer,
  type Composition,
  jobConfig,
  type RunMode,
  type Workplace,
} from '../../src/hydra/compose/composer.js';
import { ConfigDefault, type Default, GroupDefault } from '../../src/hydra/compose/defaults.js';
import { packageHeader } from '../../src/hydra/compose/header.js';
import { ensureDistinct, rowsOf } from '../../src/hydra/compose/list.js';
import { MemorySource } from '../../src/hydra/compose/memory.js';
import { Repository } from '../../src/hydra/compose/repository.js';
import type { Content, Source, VersionBase } from '../../src/hydra/compose/source.js';
import { FileSource, PackageSource } from '../../src/hydra/compose/sources.js';
import { buildHydraTree, buildTree, isTree, type Tree } from '../../src/hydra/compose/tree.js';
import { argumentOf, contentOf, plain } from '../../src/hydra/config/argument.js';
import { resolvedContent, resolveInPlace } from '../../src/hydra/config/content.js';
import { createRoot } from '../../src/hydra/config/create.js';
import { children, isMissingNode } from '../../src/hydra/config/node.js';
import { Resolution } from '../../src/hydra/config/resolve.js';
import { HydraError } from '../../src/hydra/errors.js';
import { isSweepOverride, parseOverrides } from '../../src/hydra/override/override.js';
import { axesOf, batchSizes, countJobs, jobOverrides } from '../../src/hydra/sweep/axes.js';
import { composeJob, numberJob, planMultirun } from '../../src/hydra/sweep/multirun.js';
import { type Json, toTyped } from '../../src/hydra/typed-json.js';
import { Dict, isList, type Value } from '../../src/hydra/value.js';
import { dumpYaml } from '../../src/hydra/yaml/dump.js';
import { sweepOutputDir, textAt } from './directories.js';
import { errorJson } from './errors.js';
import { surroundings, testResolvers } from './surroundings.js';
import { configOf } from './trees.js';

type Fields = { [key: string]: Json };

const CWD = '<CWD>';
const LIMIT = 1_000_000;

/** Questions about trees; they lie in a directory. */
export const compositions = (trees: string) => ({
  compose: (question: Fields) => answerCompose(question, trees),
  multirun: (question: Fields) => answerMultirun(question, trees),
  defaults_list: (question: Fields) => answerList(question, trees),
  defaults_tree: (question: Fields) => answerTree(question, trees),
  sweep: answerSweep,
});

function workplace(question: Fields, trees: string): Workplace {
  const { version_base, env, plugins } = question;
  const cwd = {
    links: new Map(Object.entries((question.cwd_links ?? {}) as { [path: string]: string })),
    files: (question.cwd_files ?? {}) as { [path: string]: string },
  };
  return {
    sources: [
      ...(question.search_path as Fields[]).map((entry, index) => sourceOf(entry, index, trees, cwd)),
      ...(plugins === true ? [colorlogSource()] : []),
    ],
    builtin: hydraSource(),
    store: storeSource(plugins === true, registered((question.store ?? []) as Fields[])),
    open: (provider, path) => openSource(provider, path, trees, cwd),
    versionBase: (version_base ?? '1.3') as VersionBase,
    surroundings: surroundings(env),
    cwd: CWD,
    hydraVersion: String(question.hydra_version ?? '1.3.5'),
  };
}

/** What lies in the working directory: trees under other names, files. */
interface Cwd {
  links: ReadonlyMap<string, string>;
  files: Readonly<Record<string, string>>;
}

function sourceOf(entry: Fields, index: number, trees: string, cwd: Cwd): Source {
  const provider = String(entry.provider);
  if (typeof entry.tree === 'string')
    return new FileSource(provider, `<TREES>/${entry.tree}`, join(trees, entry.tree));
  if (typeof entry.path === 'string') return openSource(provider, entry.path, trees, cwd);
  return memorySource(provider, `<TREES>/inline${index || ''}`, entry.files as { [path: string]: string });
}

/** A path that ends in a slash is a directory without files. */
function memorySource(provider: string, path: string, files: Readonly<Record<string, string>>): Source {
  const entries = Object.entries(files);
  const contents = entries
    .filter(([file]) => !file.endsWith('/'))
    .map(([file, text]): [string, Content] => [file, { kind: 'text', text, file }]);
  const empty = entries.filter(([file]) => file.endsWith('/')).map(([file]) => file.slice(0, -1));
  return new MemorySource(provider, path, new Map(contents), 'file', empty);
}

function openSource(provider: string, path: string, trees: string, { links, files }: Cwd): Source {
  const scheme = /^(\w+):\/\//.exec(path)?.[1] ?? 'file';
  const rest = path.replace(/^\w+:\/\//, '');
  if (scheme === 'pkg') return packageSource(provider, rest, trees);
  if (scheme !== 'file') throw new HydraError('ValueError', `no source for ${scheme}://`);
  const within = `${rest.replace(/\/+$/, '')}/`;
  const below = Object.entries(files).filter(([file]) => file.startsWith(within));
  if (below.length > 0)
    return memorySource(
      provider,
      rest,
      Object.fromEntries(below.map(([file, text]) => [file.slice(within.length), text])),
    );
  const link = links.get(within.slice(0, -1));
  const directory =
    link === undefined ? resolve('/nowhere', rest.replace('<TREES>', trees)) : join(trees, link);
  return new FileSource(provider, rest, directory);
}

/** The packages that were installed where the cases were recorded lie among the trees. */
function packageSource(provider: string, path: string, trees: string): Source {
  const name = path.replaceAll('/', '.').replace(/\.+$/, '');
  return new PackageSource(provider, name, (dotted) => join(trees, `hydra__${dotted.replaceAll('.', '__')}`));
}

function registered(store: readonly Fields[]): Map<string, Content> {
  return new Map(
    store.map((entry): [string, Content] => {
      const text = String(entry.yaml);
      const header = typeof entry.package === 'string' ? entry.package : packageHeader(text, 'store');
      const value = contentOf(createRoot(configOf(text)));
      return [String(entry.path), { kind: 'data', value, header }];
    }),
  );
}

function answerCompose(question: Fields, trees: string): Json {
  const composer = new Composer(workplace(question, trees));
  const composition = composer.compose({
    config: question.config_name as string | null,
    overrides: question.overrides as string[],
    mode: (question.run_mode ?? 'RUN') as RunMode,
    jobName: String(question.job_name),
    validateSweeps: question.validate_sweep_overrides !== false,
  });
  if (typeof question.job_num === 'number') numberJob(composition, question.job_num);
  return {
    defaults: composition.rows
      .filter(({ configPath }) => !configPath.startsWith('hydra/'))
      .map(({ configPath, package: pkg, isSelf, parent }) => [configPath, pkg, isSelf, parent]),
    job: jobJson(composition, question),
    hydra_yaml: dumpYaml(hydraValue(composition)),
    hydra_resolved: Object.fromEntries(RESOLVED.map((key) => [key, selected(composition, key)])),
  };
}

const RESOLVED = [
  'hydra.run.dir',
  'hydra.sweep.dir',
  'hydra.sweep.subdir',
  'hydra.job.name',
  'hydra.job.override_dirname',
  'hydra.mode',
  'hydra.output_subdir',
];

function selected({ root, resolution }: Composition, key: string): Json {
  try {
    const found = resolution.find(root, key);
    const value = found === null || isMissingNode(found) ? null : plain(argumentOf(found));
    return key === 'hydra.mode' && value !== null ? { $enum: `RunMode.${String(value)}` } : toTyped(value);
  } catch (error) {
    return errorJson(error, { fullKey: key, kind: 'dict' });
  }
}

function jobJson(composition: Composition, { env }: Fields): Json {
  const job = jobConfig(composition);
  const value = contentOf(job);
  const resolution = (): Resolution => new Resolution(testResolvers(env, composition.root));
  return {
    yaml: dumpYaml(value),
    data: toTyped(value),
    resolved: {
      inplace_yaml: attempt(() => {
        const copy = jobConfig(composition);
        resolveInPlace(copy, resolution());
        return dumpYaml(contentOf(copy));
      }, false),
      container: attempt(() => toTyped(resolvedContent(job, resolution())), true),
    },
  };
}

function attempt(answer: () => Json, located: boolean): Json {
  try {
    return answer();
  } catch (error) {
    const key = error instanceof HydraError ? error.details.key : undefined;
    const where = { fullKey: key ?? '', kind: key?.endsWith(']') ? ('list' as const) : ('dict' as const) };
    return errorJson(error, located && key !== undefined ? where : undefined);
  }
}

/** Without the help texts, which are our own. */
function hydraValue({ root }: Composition): Value {
  const node = children(root)?.get('hydra');
  const hydra = node === undefined ? new Dict<Value>() : contentOf(node);
  if (!(hydra instanceof Dict)) return hydra;
  const shown = Dict.from(hydra as Dict<Value>);
  shown.delete('help');
  shown.delete('hydra_help');
  return Dict.from([['hydra', shown]]);
}

function answerMultirun(question: Fields, trees: string): Json {
  const place = workplace(question, trees);
  const composer = new Composer(place);
  const request = {
    config: question.config_name as string | null,
    overrides: question.overrides as string[],
    jobName: String(question.job_name),
  };
  const repository = new Repository(
    [place.builtin, ...place.sources, place.store],
    place.versionBase,
    () => {},
  );
  const plan = planMultirun(composer, request, (group) => repository.options(group), LIMIT);
  const jobs = Array.from({ length: plan.jobs }, (_, n) => composeJob(composer, request, plan, n));
  return {
    sweep_dir: textAt(plan.master, 'hydra.sweep.dir'),
    batches: [...plan.batches],
    jobs: jobs.slice(0, 12).map((job) => jobRow(job.overrides, job.composition)),
    n_jobs: plan.jobs,
  };
}

function jobRow(overrides: readonly string[], composition: Composition): Json {
  const task = composition.resolution.find(composition.root, 'hydra.overrides.task');
  const choices = composition.resolution.find(composition.root, 'hydra.runtime.choices');
  const chosen = choices === null ? new Dict<Value>() : contentOf(choices);
  return {
    overrides: [...overrides],
    overrides_yaml: dumpYaml(task === null ? [] : contentOf(task)),
    output_dir: sweepOutputDir(composition, '/cwd').replace(/^\/cwd(?=\/|$)/, CWD),
    override_dirname: textAt(composition, 'hydra.job.override_dirname'),
    config_yaml: dumpYaml(contentOf(jobConfig(composition))),
    choices: toTyped(
      Dict.from(
        [...(chosen instanceof Dict ? chosen : [])].filter(([key]) => !String(key).startsWith('hydra/')),
      ),
    ),
  };
}

function answerSweep({ overrides, params, max_batch_size, group_options }: Fields): Json {
  const options = (group_options ?? {}) as { [group: string]: string[] };
  const given = Object.entries((params ?? {}) as Fields).map(([key, value]) => `${key}=${String(value)}`);
  const axes = axesOf(
    parseOverrides([...given, ...(overrides as string[])]),
    (group) => options[group] ?? [],
    LIMIT,
  );
  const count = countJobs(axes, LIMIT);
  let job = 0;
  const batches = batchSizes(count, max_batch_size as number | null).map((size) =>
    Array.from({ length: size }, () => jobOverrides(axes, job++)),
  );
  return { batches };
}

interface Built {
  tree: Tree;
  hydra: Tree | null;
  choices: Choices;
  values: Json;
}

function build(question: Fields, trees: string): Built {
  const place = workplace(question, trees);
  const repository = new Repository(
    [place.builtin, ...place.sources, place.store],
    place.versionBase,
    () => {},
    testResolvers(question.env, null),
  );
  const overrides = parseOverrides(question.overrides as string[]).filter(
    (override) => !isSweepOverride(override),
  );
  const values = overrides.filter((override) => isValueOverride(repository, override));
  const choices = new Choices(
    repository,
    overrides.filter((override) => !values.includes(override)),
  );
  const building = {
    repository,
    choices,
    skipMissing: question.skip_missing === true,
    resolvers: testResolvers(question.env, null),
    warn: () => {},
  };
  const tree = buildTree(question.config_name as string | null, building);
  const hydra = question.prepend_hydra === true ? buildHydraTree(building) : null;
  return { tree, hydra, choices, values: values.map(({ input }) => input) };
}

function answerList(question: Fields, trees: string): Json {
  const { tree, hydra, choices, values } = build(question, trees);
  const above = hydra === null ? null : '<root>';
  const rows = [...(hydra === null ? [] : rowsOf(hydra, above)), ...rowsOf(tree, above)];
  ensureDistinct(rows);
  choices.ensureUsed();
  return {
    defaults: rows.map(({ configPath, package: pkg, isSelf, parent }) => [configPath, pkg, isSelf, parent]),
    config_overrides: values,
    choices: Object.fromEntries(choices.known),
  };
}

function answerTree(question: Fields, trees: string): Json {
  const { tree, hydra, choices } = build(question, trees);
  choices.ensureUsed();
  const primary = treeJson(tree);
  return {
    tree: hydra === null ? primary : { node: { virtual_root: true }, children: [treeJson(hydra), primary] },
  };
}

function treeJson(tree: Tree): Json {
  const kids = tree.children?.map((child) => (isTree(child) ? treeJson(child) : { node: nodeJson(child) }));
  return { node: nodeJson(tree.node), ...(kids !== undefined && { children: kids }) };
}

function nodeJson(node: Default): Json {
  const fields: Fields = {};
  if (node instanceof ConfigDefault) fields.path = node.path;
  if (node instanceof GroupDefault) {
    fields.group = node.group;
    fields.value = isList(node.value ?? '') ? [...(node.value as string[])] : (node.value as string | null);
  }
  if (node.package !== null) fields.package = node.package;
  if (node.optional) fields.optional = true;
  if (node.override) fields.override = true;
  if (node.deleted) fields.deleted = true;
  return fields;
}
