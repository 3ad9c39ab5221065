import type { Sweep } from '../run/sweep.js';
import type { Scene } from './apply.js';
import type { NewRun, NewSweep } from './commands.js';
import { differences, sweepKeyedOn } from './keyed.js';
import { inShort, Refusal } from './refusal.js';

/**
 * Which job of the sweep each of these is, by its overrides; null for those that it lacks. Refuses a submission
 * that is another one: in what holds for all jobs, in one of them, or, without `missing`, in which there are.
 */
export function sameSweep(
  scene: Scene,
  sweep: Sweep,
  asked: NewSweep,
  jobs: readonly NewRun[],
): (number | null)[] {
  const { tables } = scene;
  const first = tables.sweeps.keyed(sweep.id);
  const differ = first === null ? [] : differences(first, sweepKeyedOn(asked));
  if (differ.length > 0) throw conflict(sweep, `was submitted with another ${differ.join(', ')}`);
  const there = byOverrides(scene, sweep.id);
  const matched = jobs.map((job) => {
    const runId = there.get(JSON.stringify(job.overrides))?.shift() ?? null;
    if (runId !== null) refuseOther(scene, sweep, runId, job);
    return runId;
  });
  if (asked.missing) return matched;
  const lacking = jobs.filter((_, n) => matched[n] === null);
  if (lacking.length > 0)
    throw conflict(
      sweep,
      `has no job ${lacking.slice(0, 3).map(inShort).join(', ')}${more(lacking.length - 3)}`,
      '--missing adds what it lacks',
    );
  const left = [...there.values()].flat();
  if (left.length > 0)
    throw conflict(
      sweep,
      `has ${left.length} more ${left.length === 1 ? 'job' : 'jobs'} than this one`,
      '--missing leaves them alone',
    );
  return matched;
}

/** Jobs with the same overrides in the order of their numbers. */
function byOverrides({ tables }: Scene, sweepId: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { id, overrides } of tables.runs.ofSweep(sweepId)) {
    const key = JSON.stringify(overrides);
    found.set(key, [...(found.get(key) ?? []), id]);
  }
  return found;
}

function refuseOther({ tables }: Scene, sweep: Sweep, runId: number, job: NewRun): void {
  const first = tables.submissions.keyed(runId);
  const differ = first === null || job.keyed === null ? [] : differences(first, job.keyed);
  if (differ.length === 0) return;
  throw conflict(sweep, `has the job ${inShort(job)} with another ${differ.join(', ')}`);
}

const more = (count: number): string => (count > 0 ? ` and ${count} more` : '');

const conflict = ({ id, key }: Sweep, what: string, hint?: string): Refusal =>
  new Refusal(
    'key_conflict',
    `key ${key} belongs to sweep s${id}, which ${what}`,
    hint ?? `choose another key, or expctl rm s${id} first`,
  );
