import { configure } from '../../composition/configure.js';
import { differences } from '../../composition/differences.js';
import { expand, firstOf } from '../../composition/expansion.js';
import { encodedTree, storedTree } from '../../composition/files.js';
import { ownResolvers } from '../../composition/resolvers.js';
import { overridesOf, restoredTree } from '../../composition/restored.js';
import { ConfigurationKind, ConfigurationTree } from '../../gen/expd/v1/runs.js';
import {
  ConfigTree,
  completeNode,
  Dict,
  dumpYaml,
  fromTyped,
  HydraError,
  resolveJob,
  str,
  typedText,
  type Value,
  type VersionBase,
} from '../../hydra/hydra.js';
import type { Asks, Kind } from './asks.js';
import { pythonJson } from './python-json.js';

/** How each question is answered. Throws HydraError for what a configuration does wrong. */
export const ANSWERS: { [K in Kind]: (ask: Asks[K]['ask']) => Asks[K]['answer'] } = {
  compose,
  drift,
  files,
};

function compose(ask: Asks['compose']['ask']): Asks['compose']['answer'] {
  const [directory = null, ...further] = ask.searchPath;
  const place = {
    directory,
    further,
    config: ask.configName || null,
    versionBase: versionBase(ask.versionBase),
    jobName: ask.jobName || 'app',
    cwd: ask.cwd,
    packages: () => null,
  };
  const tree = new ConfigTree({ ...place, env: ask.environment, resolvers: ownResolvers });
  const expansion = expand(tree, place, ask.overrides, { ...ask, jobName: place.jobName });
  const first = firstOf(expansion);
  const origin = {
    place,
    jobName: place.jobName,
    kind: ConfigurationKind.CONFIGURATION_KIND_COMPOSED,
    programWords: 0,
    pinned: false,
    patches: false,
    tree: () => encodedTree(storedTree(tree, first.composition.sources)),
  };
  const { jobs, invalid, sweep, blobs, notes } = configure(expansion, origin, (job) => job.configuration);
  const [bad] = invalid;
  if (bad !== undefined)
    throw new HydraError(bad.error.type, `job ${bad.number}: ${bad.error.message}`, bad.error.details);
  return {
    configurations: jobs,
    blobs,
    yaml: jobs.map(({ job }) => dumpYaml(fromTyped(JSON.parse(job)))),
    multirunYaml: sweep?.multirunYaml ?? '',
    axes: sweep?.axes ?? '',
    warnings: [...notes, ...first.warnings],
  };
}

function drift({ composed, tree, cwd, environment }: Asks['drift']['ask']): Asks['drift']['answer'] {
  const files = ConfigurationTree.decode(tree);
  const now = restoredTree(composed, files, { env: environment, now: Date.now, cwd, from: 'disk' });
  const found = now.compose(composed.configName || null, overridesOf(composed));
  const job = typedText(found.value());
  return { differences: job === composed.job ? [] : differences(composed, { job }) };
}

function files(ask: Asks['files']['ask']): Asks['files']['answer'] {
  const { composed, number, outputDir, environment: env, now } = ask;
  const job = fromTyped(JSON.parse(composed.job));
  const node = fromTyped(JSON.parse(ask.hydra));
  const { overrides: task, hydraOverrides } = composed;
  const complete = completeNode(node instanceof Dict ? node : new Dict(), {
    task,
    hydra: hydraOverrides,
    number,
    outputDir,
  });
  const outputSubdir = complete.get('output_subdir') ?? null;
  return {
    outputSubdir: outputSubdir === null ? null : str(outputSubdir),
    config: dumpYaml(job),
    hydra: dumpYaml(Dict.from<Value>([['hydra', complete]])),
    overrides: dumpYaml(task),
    resolved: pythonJson(resolveJob(job, complete, { env, now: () => now, resolvers: ownResolvers })),
  };
}

const versionBase = (text: string): VersionBase => (text === '1.1' || text === '1.2' ? text : '1.3');
