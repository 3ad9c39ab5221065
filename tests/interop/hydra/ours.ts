import { hydraSource, storeSource } from '../../../src/hydra/builtin/sources.js';
import { Composer, jobConfig } from '../../../src/hydra/compose/composer.js';
import { MemorySource } from '../../../src/hydra/compose/memory.js';
import type { Content } from '../../../src/hydra/compose/source.js';
import { FileSource } from '../../../src/hydra/compose/sources.js';
import { argumentOf, contentOf, plain, shown } from '../../../src/hydra/config/argument.js';
import { resolvedContent, resolveInPlace } from '../../../src/hydra/config/content.js';
import { children, isMissingNode } from '../../../src/hydra/config/node.js';
import { Resolution } from '../../../src/hydra/config/resolve.js';
import { HydraError } from '../../../src/hydra/errors.js';
import { type Json, toTyped } from '../../../src/hydra/typed-json.js';
import { Dict, type Value } from '../../../src/hydra/value.js';
import { dumpYaml } from '../../../src/hydra/yaml/dump.js';
import { surroundings, testResolvers } from '../../conformance/surroundings.js';
import type { Tree } from './generate.js';
import type { Answer } from './oracle.js';

/** What our own library answers to a question about a tree. */
export function composeOurs(tree: Tree): Answer {
  return attempt(() => ({ ok: composed(tree) })) as Answer;
}

function composed({ files, config_name, overrides, run_mode, version_base }: Tree): Json {
  const contents = Object.entries(files).map(([file, text]): [string, Content] => [
    file,
    { kind: 'text', text, file },
  ]);
  const composer = new Composer({
    sources: [new MemorySource('main', 'memory', new Map(contents))],
    builtin: hydraSource(),
    store: storeSource(false),
    open: (provider, path) => new FileSource(provider, path),
    versionBase: version_base,
    surroundings: surroundings({}),
    cwd: '/cwd',
    hydraVersion: '1.3.2',
  });
  const composition = composer.compose({ config: config_name, overrides, mode: run_mode, jobName: 'app' });
  const { root, resolution, rows } = composition;
  const job = jobConfig(composition);
  const fresh = (): Resolution => new Resolution(testResolvers({}, root));
  const hydra = Dict.from(contentOf(children(root)?.get('hydra') ?? root) as Dict<Value>);
  const runtime = hydra.get('runtime');
  for (const key of ['help', 'hydra_help', 'runtime']) hydra.delete(key);
  const runDir = (): Json => {
    const found = resolution.find(root, 'hydra.run.dir');
    return found === null || isMissingNode(found) ? 'None' : shown(plain(argumentOf(found)));
  };
  return {
    defaults: rows
      .filter(({ configPath }) => !configPath.startsWith('hydra/'))
      .map(({ configPath, package: pkg, isSelf, parent }) => [configPath, pkg, isSelf, parent]),
    job: toTyped(contentOf(job)),
    job_yaml: dumpYaml(contentOf(job)),
    hydra: toTyped(hydra),
    hydra_yaml: dumpYaml(hydra),
    choices: runtime instanceof Dict ? toTyped(runtime.get('choices') ?? null) : null,
    resolved: attempt(() => toTyped(resolvedContent(job, fresh()))),
    in_place: attempt(() => {
      const copy = jobConfig(composition);
      resolveInPlace(copy, fresh());
      return dumpYaml(contentOf(copy));
    }),
    run_dir: attempt(runDir),
  };
}

function attempt(answer: () => Json): Json {
  try {
    return answer();
  } catch (error) {
    if (error instanceof HydraError) return { error: { type: error.type, message: error.message } };
    return { error: { type: 'bug', message: error instanceof Error ? (error.stack ?? '') : String(error) } };
  }
}
