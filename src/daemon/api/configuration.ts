import {
  ConfigurationKind,
  Configuration as ConfigurationMessage,
  ConfigurationTree,
  type Configuration as ConfigurationView,
  type GetConfigurationRequest,
  type GetConfigurationResponse,
} from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import { isObject, parsed, patched } from '../run/job-patch.js';
import type { Composed, Configuration } from '../run/submission.js';
import { jobOf } from '../rundir/configurations.js';
import type { ContentStore } from '../rundir/content.js';
import type { Reader } from '../store/reader.js';
import type { Contents } from './contents.js';
import { checkedOverrides, shown, within } from './limits.js';
import { type Lookup, selectOne } from './select.js';

const KINDS = {
  application: ConfigurationKind.CONFIGURATION_KIND_APPLICATION,
  composed: ConfigurationKind.CONFIGURATION_KIND_COMPOSED,
} as const;
const VERSION_BASES = ['1.1', '1.2', '1.3'];
const LARGEST_JOB = 2 * 1024 * 1024;
const LONGEST_TEXT = 4095;

/**
 * A configuration as it is stored; what it names lies in the store, and stays there while `contents` is open. `whole`:
 * it is no patch then, as it is to be compared with others.
 */
export async function toConfiguration(
  asked: ConfigurationView | undefined,
  argv: readonly string[],
  contents: Contents,
  { whole = false }: { whole?: boolean } = {},
): Promise<Configuration | null> {
  const kind = kindOf(asked);
  if (asked === undefined || kind === null) return null;
  if (kind === 'composed' && asked.job === '') throw usage('the configuration is empty');
  return {
    kind,
    overrides: checkedOverrides(asked.overrides),
    hydraOverrides: checkedOverrides(asked.hydraOverrides),
    programWords: within('the number of words before the program’s own', asked.programWords, 0, argv.length),
    composed: asked.job === '' ? null : await toComposed(asked, contents, whole),
  };
}

function kindOf(asked: ConfigurationView | undefined): Configuration['kind'] | null {
  const found = Object.entries(KINDS).find(([, kind]) => kind === asked?.kind)?.[0];
  return found === 'application' || found === 'composed' ? found : null;
}

async function toComposed(asked: ConfigurationView, contents: Contents, whole: boolean): Promise<Composed> {
  const { versionBase, hydraSha256: hydraSha, treeSha256: treeSha, pinned, holdOnDrift, job } = asked;
  if (!VERSION_BASES.includes(versionBase))
    throw usage(`${shown(versionBase)} is no version base`, VERSION_BASES.join(', '));
  if (job.length > LARGEST_JOB) throw tooLarge();
  const values = await toJob(asked, contents, whole);
  await contents.need(hydraSha, 'hydra node');
  await contents.need(treeSha, 'tree');
  return {
    configName: asked.configName === '' ? null : text(asked.configName, 'name of the configuration'),
    versionBase,
    jobName: text(asked.jobName, 'name of the job'),
    ...values,
    ...{ hydraSha, treeSha, pinned, holdOnDrift },
    runDir: asked.runDir === '' ? null : text(asked.runDir, 'hydra.run.dir'),
  };
}

/** Whole, or as a patch that can be applied. */
async function toJob(
  { job, baseSha256: baseSha }: ConfigurationView,
  contents: Contents,
  whole: boolean,
): Promise<Pick<Composed, 'job' | 'baseSha'>> {
  if (baseSha === '') {
    if (!isObject(parsed(job))) throw usage('the configuration is no JSON object');
    return { job };
  }
  const values = patched(await contents.json(baseSha, 'base'), job);
  if (values === null) throw usage('the configuration is no patch of its base');
  return whole ? { job: JSON.stringify(values) } : { job, baseSha };
}

/** Without its values, which may be long: GetConfiguration has them. */
export const configurationView = ({ composed, ...of }: Configuration): ConfigurationView => ({
  kind: KINDS[of.kind],
  configName: composed?.configName ?? '',
  versionBase: composed?.versionBase ?? '',
  jobName: composed?.jobName ?? '',
  overrides: of.overrides,
  hydraOverrides: of.hydraOverrides,
  job: '',
  hydraSha256: composed?.hydraSha ?? '',
  treeSha256: composed?.treeSha ?? '',
  runDir: composed?.runDir ?? '',
  pinned: composed?.pinned ?? false,
  programWords: of.programWords,
  holdOnDrift: composed?.holdOnDrift ?? false,
  baseSha256: '',
});

/** Of a command of which only the overrides are known. */
export const overridesAlone = (overrides: readonly string[]): ConfigurationView => ({
  ...ConfigurationMessage.decode(new Uint8Array()),
  overrides: [...overrides],
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
  const run = selectOne(request.run, reads);
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  const { configuration } = stored.submission;
  if (configuration === null && run.overrides.length === 0)
    throw new UserError(
      'not_found',
      `run ${run.id} has no configuration`,
      'it was submitted as a plain command',
    );
  const composed = configuration?.composed ?? null;
  const view = configuration === null ? overridesAlone(run.overrides) : configurationView(configuration);
  if (composed === null) return { runId: run.id, configuration: view, hydra: '', tree: undefined };
  const [job, hydra, tree] = await Promise.all([
    jobOf(composed, configurations),
    configurations.load(composed.hydraSha),
    request.tree ? configurations.load(composed.treeSha) : null,
  ]);
  return {
    runId: run.id,
    configuration: { ...view, job },
    hydra: hydra.toString('utf8'),
    tree: tree === null ? undefined : ConfigurationTree.decode(tree),
  };
}

const tooLarge = (): UserError => usage(`the configuration has more than ${LARGEST_JOB} characters`);

function text(value: string, what: string): string {
  if (value.length > LONGEST_TEXT || value.includes('\0'))
    throw usage(`the ${what} ${shown(value)} is too long, or holds a NUL`);
  return value;
}

const usage = (message: string, hint = ''): UserError => new UserError('usage', message, hint);
