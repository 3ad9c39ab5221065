import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { isOwnDirectory } from './claim.js';
import { configYaml } from './config.js';
import type { Contract } from './contract.js';
import type { Layouts } from './layouts.js';
import { metadataJson } from './metadata.js';
import { directoryMode } from './modes.js';
import { type AttemptOrder, CwdGone, type RunDirectory } from './order.js';
import { runPaths } from './paths.js';
import { logLink, moveLogLink, recordSteps } from './publish.js';
import type { Scribe } from './scribe.js';
import { type Step, StepFailed } from './steps.js';
import type { SweepDirectories } from './sweep-directories.js';
import { claimWanted, wantedDirectory } from './where.js';

export interface CreatePorts {
  layouts: Layouts;
  clock: Clock;
  scribe: Scribe;
  sweeps: SweepDirectories;
}

/** A run directory in which this attempt is the first, or one that earlier attempts have used. */
export interface Claimed extends RunDirectory {
  shared: boolean;
}

/**
 * Makes the run directory, by mkdir alone so that it is nobody else's, or takes the run's own again where the
 * layout has one per run. Nothing in it yet. @throws CwdGone before anything is made
 */
export async function createRunDirectory(
  order: AttemptOrder,
  { layouts, clock, scribe, sweeps }: CreatePorts,
): Promise<Claimed> {
  const { submission, previousRunDir, attempt } = order;
  const layout = layouts.named(submission.layout);
  const wanted = wantedDirectory(order, layout, clock.now());
  const mode = directoryMode(submission.umask);
  const shared = wanted.per === 'run' && !!previousRunDir && (await isOwnDirectory(previousRunDir));
  const look: Step = { do: 'look', path: submission.cwd };
  const made = shared
    ? scribe.carryOut([look]).then(() => previousRunDir)
    : claimWanted(scribe, wanted, mode, [look]);
  const runDir = await made.catch((cause: unknown) => {
    throw cause instanceof StepFailed && isGone(cause) ? new CwdGone(submission.cwd) : cause;
  });
  const { log, errorLog } = runPaths(runDir, attempt, submission.split);
  const of = order.job?.of ?? null;
  if (of === null || of.dir !== null) return { runDir, log, errorLog, shared };
  return { runDir, log, errorLog, shared, sweepDir: await sweeps.directoryOf(order, of, layout) };
}

const isGone = ({ step, code }: StepFailed): boolean =>
  step.do === 'look' && (code === 'ENOENT' || code === 'ENOTDIR');

/** What the daemon writes before exec: directories of the contract, records with their copies, the link to the log. */
export async function fillingSteps(
  order: AttemptOrder,
  { runDir, log, shared }: Claimed,
  contract: Contract,
  startedAt: number,
): Promise<Step[]> {
  const { submission, attempt } = order;
  const { topLevel, umask } = submission;
  const { logs, checkpoints, metrics, metricsFile, records } = runPaths(runDir, attempt, submission.split);
  const of = { runDir, attempt, topLevel, umask };
  const metricsStart = shared ? await sizeOf(metricsFile) : 0;
  // A Hydra application keeps a log of its own under that name.
  const isHydra = submission.configuration?.kind === 'application';
  const link = logLink(runDir, order.name, log);
  if (shared && !isHydra) await moveLogLink(link);
  const attempts = dirname(records);
  return [
    ...[logs, checkpoints, metrics, dirname(attempts), attempts, records].map(
      (path): Step => ({ do: 'have', path, mode: directoryMode(umask) }),
    ),
    ...(shared || isHydra ? [] : [link]),
    ...recordSteps(of, 'config.yaml', configYaml(order, contract.argv)),
    ...recordSteps(of, 'metadata.json', metadataJson(order, contract.environment, startedAt, metricsStart)),
  ];
}

/** 0 for what is not there. */
const sizeOf = async (path: string): Promise<number> => (await lstat(path).catch(() => null))?.size ?? 0;
