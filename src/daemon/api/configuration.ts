import {
  ConfigurationKind,
  ConfigurationTree,
  type Configuration as ConfigurationView,
  type GetConfigurationRequest,
  type GetConfigurationResponse,
} from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Configuration } from '../run/submission.js';
import type { ContentStore } from '../rundir/content.js';
import type { Reader } from '../store/reader.js';
import type { Contents } from './contents.js';
import { checkedName, checkedOverrides, shown, within } from './limits.js';
import { type Lookup, selectOne } from './select.js';

const KINDS = {
  application: ConfigurationKind.CONFIGURATION_KIND_APPLICATION,
  composed: ConfigurationKind.CONFIGURATION_KIND_COMPOSED,
} as const;
const VERSION_BASES = ['1.1', '1.2', '1.3'];
const LARGEST_JOB = 2 * 1024 * 1024;
const LONGEST_TEXT = 4095;

/** A configuration as it is stored; what it names lies in the store, and stays there while `contents` is open. */
export async function toConfiguration(
  asked: ConfigurationView | undefined,
  argv: readonly string[],
  contents: Contents,
): Promise<Configuration | null> {
  if (asked === undefined) return null;
  const { versionBase, hydraSha256: hydraSha, treeSha256: treeSha, pinned, holdOnDrift, job } = asked;
  if (!VERSION_BASES.includes(versionBase))
    throw usage(`${shown(versionBase)} is no version base`, VERSION_BASES.join(', '));
  if (job.length > LARGEST_JOB) throw usage(`the configuration has more than ${LARGEST_JOB} characters`);
  if (!isJsonObject(job)) throw usage('the configuration is no JSON object');
  await contents.need(hydraSha, 'hydra node');
  await contents.need(treeSha, 'tree');
  return {
    kind: kindOf(asked),
    configName: asked.configName === '' ? null : text(asked.configName, 'name of the configuration'),
    versionBase,
    jobName: checkedName(asked.jobName),
    overrides: checkedOverrides(asked.overrides),
    hydraOverrides: checkedOverrides(asked.hydraOverrides),
    job,
    hydraSha,
    treeSha,
    runDir: asked.runDir === '' ? null : text(asked.runDir, 'hydra.run.dir'),
    pinned,
    programWords: within('the number of words before the program’s own', asked.programWords, 0, argv.length),
    holdOnDrift,
  };
}

function kindOf({ kind }: ConfigurationView): Configuration['kind'] {
  if (kind === KINDS.application) return 'application';
  if (kind === KINDS.composed) return 'composed';
  throw usage('the configuration is neither an application’s nor composed');
}

/** Without its values, which may be long: GetConfiguration has them. */
export const configurationView = (of: Configuration): ConfigurationView => ({
  kind: KINDS[of.kind],
  configName: of.configName ?? '',
  versionBase: of.versionBase,
  jobName: of.jobName,
  overrides: of.overrides,
  hydraOverrides: of.hydraOverrides,
  job: '',
  hydraSha256: of.hydraSha,
  treeSha256: of.treeSha,
  runDir: of.runDir ?? '',
  pinned: of.pinned,
  programWords: of.programWords,
  holdOnDrift: of.holdOnDrift,
});

export interface ConfigurationPorts {
  reads: Lookup & Pick<Reader, 'submission'>;
  configurations: Pick<ContentStore, 'load'>;
}

/** As it was submitted, secrets and all: who may read it may run commands. */
export async function getConfiguration(
  { reads, configurations }: ConfigurationPorts,
  request: GetConfigurationRequest,
): Promise<GetConfigurationResponse> {
  const { id } = selectOne(request.run, reads);
  const stored = reads.submission(id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${id} is ${stored.why}`, 'submit it again');
  const { configuration } = stored.submission;
  if (configuration === null)
    throw new UserError('not_found', `run ${id} has no configuration`, 'it was submitted as a plain command');
  const [hydra, tree] = await Promise.all([
    configurations.load(configuration.hydraSha),
    request.tree ? configurations.load(configuration.treeSha) : null,
  ]);
  return {
    runId: id,
    configuration: { ...configurationView(configuration), job: configuration.job },
    hydra: hydra.toString('utf8'),
    tree: tree === null ? undefined : ConfigurationTree.decode(tree),
  };
}

function isJsonObject(job: string): boolean {
  try {
    const value: unknown = JSON.parse(job);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function text(value: string, what: string): string {
  if (value.length > LONGEST_TEXT || value.includes('\0'))
    throw usage(`the ${what} ${shown(value)} is too long, or holds a NUL`);
  return value;
}

const usage = (message: string, hint = ''): UserError => new UserError('usage', message, hint);
