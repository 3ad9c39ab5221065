import type { RunEvent } from '../run/lifecycle.js';
import type { Run } from '../run/run.js';
import { isTripped, type Job } from '../run/sweep.js';
import type { Scene } from './apply.js';

/** A job of a sweep was moved on. Failures are counted; who lets a job go on lets them be forgotten. */
export function jobMoved({ tables, touched }: Scene, { sweep: id }: Job, event: RunEvent, after: Run): void {
  touched.sweeps.add(id);
  const failed = event.kind === 'ended' && after.state === 'failed';
  const letGo = event.kind === 'released' || event.kind === 'retried' || event.kind === 'resumed';
  if (!failed && !letGo) return;
  const sweep = tables.sweeps.find(id);
  if (sweep === null) throw new Error(`run ${after.id} is a job of sweep ${id}, which is not there`);
  if (failed) tables.sweeps.countFailures(id, sweep.failures + 1);
  else if (isTripped(sweep)) tables.sweeps.countFailures(id, 0);
}
