import { rm, rmdir } from 'node:fs/promises';
import { type ConfiguredPorts, withConfiguration } from './configured.js';
import { contract } from './contract.js';
import { type CreatePorts, createRunDirectory, fillingSteps } from './create.js';
import { discardCarried, discardRunDirectory } from './discard.js';
import type { Environments } from './environment.js';
import type { AttemptOrder, RunDirectory } from './order.js';
import { attemptDir } from './paths.js';
import { encodeSpec, madeFor, specSteps } from './spec.js';
import { inTurn } from './turns.js';

export interface PreparePorts extends CreatePorts {
  /** The state directory. */
  state: string;
  configured: ConfiguredPorts;
  environments: Pick<Environments, 'load'>;
  /** Copies a checkpoint to the same relative place of a run directory. @throws what the system says */
  carryOver(checkpoint: string, runDir: string, below: string): Promise<void>;
}

/** What can be done as soon as the places of an attempt are known. */
export type Named = (directory: RunDirectory) => Promise<void>;

/** What goes on beside the writing. */
export interface Beside {
  named: Named;
  /** Everything is there; `named` may still be under way. */
  written(): void;
  /** It failed all the same: what `written` began is over when this resolves. */
  withdraw(): Promise<void>;
}

const NOTHING: Beside = { named: async () => {}, written: () => {}, withdraw: async () => {} };

/**
 * Everything on disk that an attempt needs before it is executed: run directory, records, attempt directory, spec.
 * `cgroup`: the cgroup v2 directory for the attempt, or null. What goes on beside it is done too when this resolves. Where one of them fails nothing is left. @throws CwdGone
 */
export async function prepareAttempt(
  order: AttemptOrder,
  cgroup: string | null,
  ports: PreparePorts,
  { named, written, withdraw }: Beside = NOTHING,
): Promise<RunDirectory> {
  const startedAt = ports.clock.now();
  const [claimed, submitted] = await bothOrNeither(order, ports);
  const { runDir, log, errorLog, sweepDir } = claimed;
  const carried = claimed.shared ? null : (order.resume?.inPlace ?? null);
  const directory: RunDirectory = {
    ...{ runDir, log, errorLog },
    ...(sweepDir !== undefined && { sweepDir }),
    ...(carried !== null && { carried }),
  };
  const told = named(directory);
  const both = await Promise.allSettled([
    inTurn(runDir, async () => {
      const plain = contract(order, runDir, submitted);
      const {
        contract: made,
        steps,
        hydraFiles,
      } = await withConfiguration(order, runDir, plain, ports.state, ports.configured);
      if (hydraFiles !== null && !claimed.shared) directory.hydraFiles = hydraFiles;
      const spec = encodeSpec(order, directory, made, cgroup);
      await ports.scribe.carryOut([
        // First what tells the next daemon of the rest.
        ...specSteps(attemptDir(ports.state, order.attemptId), spec),
        ...(await fillingSteps(order, claimed, made, startedAt)),
        ...steps,
      ]);
      if (order.resume !== null && carried !== null)
        await ports.carryOver(order.resume.path, runDir, carried);
      written();
    }),
    told,
  ]);
  const failed = both.find((part) => part.status === 'rejected');
  if (failed === undefined) return directory;
  await withdraw();
  await discardAttempt(order.attemptId, directory, ports.state);
  throw failed.reason;
}

/** Takes away what `prepareAttempt` made; only while nothing has been executed. Never throws. */
export async function discardAttempt(
  attemptId: string,
  directory: RunDirectory,
  state: string,
): Promise<void> {
  await Promise.allSettled([
    inTurn(directory.runDir, () => discardRunDirectory(directory)),
    rm(attemptDir(state, attemptId), { recursive: true, force: true }),
  ]);
}

/** The copy of a checkpoint that an attempt was to go on from, and was not executed. Before its directory in the state goes. */
export async function discardCopy(attemptId: string, state: string): Promise<void> {
  const made = await madeFor(attemptDir(state, attemptId));
  if (made?.carried !== undefined) await discardCarried(made.runDir, made.carried);
}

async function bothOrNeither(order: AttemptOrder, ports: PreparePorts) {
  const [claimed, submitted] = await Promise.allSettled([
    createRunDirectory(order, ports),
    ports.environments.load(order.submission.envSha),
  ]);
  if (claimed.status === 'rejected') throw claimed.reason;
  if (submitted.status === 'fulfilled') return [claimed.value, submitted.value] as const;
  if (!claimed.value.shared) await rmdir(claimed.value.runDir);
  throw submitted.reason;
}
