import type { Candidate } from '../checkpoints/candidate.js';
import type { Keeper } from '../checkpoints/keeper.js';
import { UserError } from '../errors.js';
import type { Parent } from '../run/submission.js';
import { savedConfig } from '../rundir/saved.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import { type Lookup, selectOne } from './select.js';

export interface ParentPorts {
  reads: Lookup & Pick<Reader, 'submission'>;
  keeper: Pick<Keeper, 'choose' | 'at'>;
}

export interface Origin {
  parent: Parent;
  /** Under which the curves of its run are kept; null: it lies in no run directory. */
  experimentId: string | null;
}

/**
 * The checkpoint that a variation starts from: a path, or `7`, `7:best`, `7:2000` for one of run 7. It is whole now.
 * @throws UserError not_found, ambiguous
 */
export async function originOf(ports: ParentPorts, from: string): Promise<Origin> {
  if (from.startsWith('/')) return ofCheckpoint(ports, await ports.keeper.at(from), null);
  const [, word = '', what = ''] = /^(.*?)(?::(best|\d+))?$/.exec(from) ?? [];
  const run = selectOne(word, ports.reads);
  const stored = ports.reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'name a path');
  return ofCheckpoint(ports, await ports.keeper.choose(run, stored.submission, what), run);
}

async function ofCheckpoint(
  { reads }: ParentPorts,
  { path, step, of }: Candidate,
  run: StoredRun | null,
): Promise<Origin> {
  const saved = of === null ? null : await savedConfig(of.runDir);
  const known = saved === null ? null : reads.run(saved.runId);
  const runId = run?.id ?? (known !== null && known.ulid === saved?.ulid ? known.id : null);
  return { parent: { path, step, runId }, experimentId: saved?.experimentId ?? run?.experimentId ?? null };
}
