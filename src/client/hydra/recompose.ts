import { hydraNode, sha256Of } from '../../composition/configure.js';
import { ownRunDir } from '../../composition/directories.js';
import { overridesOf, restoredTree } from '../../composition/restored.js';
import {
  type Configuration,
  ConfigurationKind,
  ConfigurationTree,
  type GetConfigurationResponse,
} from '../../gen/expd/v1/runs.js';
import { typedText } from '../../hydra/hydra.js';
import { readFlags, writeFlags } from '../../program/flags.js';
import { ClientError } from '../errors.js';
import type { Context } from '../verb.js';
import { commandIn } from './expd-node.js';
import { composing } from './open.js';

/** A run's configuration, composed anew from the files that were stored with it. */
export interface Recomposed {
  argv: string[];
  configuration: Configuration;
  blobs: Buffer[];
}

/** `argv`, `cwd`: of the run. @throws ClientError */
export function recompose(
  context: Pick<Context, 'env' | 'now'>,
  stored: GetConfigurationResponse,
  { argv, cwd }: { argv: readonly string[]; cwd: string },
  more: readonly string[],
): Recomposed {
  const { configuration: before, tree } = stored;
  if (before === undefined || tree === undefined || before.job === '')
    throw new ClientError(
      'usage',
      `run ${stored.runId} has no configuration that expd composed`,
      'words for its command stand behind --',
    );
  const configs = restoredTree(before, tree, { ...context, cwd, from: 'kept' });
  return kept(tree, () => {
    const overrides = configs.amend(overridesOf(before), more);
    const composed = configs.compose(before.configName || null, overrides);
    const { task, hydra } = composed.overrides;
    const node = hydraNode(composed);
    const treeBytes = Buffer.from(ConfigurationTree.encode(tree).finish());
    const isApplication = before.kind === ConfigurationKind.CONFIGURATION_KIND_APPLICATION;
    return {
      argv: isApplication
        ? applicationArgv(before, argv, [...hydra, ...task])
        : (commandIn(composed) ?? [...argv]),
      configuration: {
        ...before,
        overrides: task,
        hydraOverrides: hydra,
        job: typedText(composed.value()),
        hydraSha256: sha256Of(node),
        treeSha256: sha256Of(treeBytes),
        runDir: ownRunDir(composed, cwd).path,
        pinned: isApplication,
      },
      blobs: [node, treeBytes],
    };
  });
}

const isNoMode = (word: string): boolean => !/^[+~]*hydra\.mode=/.test(word);

/** Of a large directory only the files that took part were kept: others are no mistake of the caller. */
function kept<T>({ partial }: ConfigurationTree, work: () => T): T {
  try {
    return composing(work);
  } catch (error) {
    if (!partial || !(error instanceof ClientError)) throw error;
    const hint = 'only the files that took part were kept with the run; submit it anew';
    throw new ClientError(error.code, error.message, hint, { cause: error, lines: error.lines });
  }
}

/** The run says the mode itself. */
function applicationArgv(
  { programWords }: Configuration,
  argv: readonly string[],
  overrides: readonly string[],
): string[] {
  const read = readFlags(argv.slice(programWords));
  if (read.kind !== 'flags') throw new Error('a command that composes has flags');
  const words = overrides.filter(isNoMode);
  return [...argv.slice(0, programWords), ...writeFlags({ ...read.flags, overrides: words })];
}
