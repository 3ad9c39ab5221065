import { heldForFailures, isTripped } from '../run/sweep.js';
import { advance } from './advance.js';
import type { Scene } from './apply.js';
import { sweepNotice } from './notice.js';

/** What follows for sweeps from what was done to their jobs, in the same transaction. */
export function settleSweeps(scene: Scene): void {
  for (const id of [...scene.touched.sweeps]) settle(scene, id);
}

function settle(scene: Scene, id: number): void {
  const { tables, touched, now } = scene;
  const sweep = tables.sweeps.find(id);
  if (sweep === null) return;
  if (!tables.sweeps.hasJobs(id)) {
    tables.sweeps.remove(id);
    return;
  }
  if (isTripped(sweep))
    for (const runId of tables.runs.jobsInState(id, 'queued'))
      advance(scene, { do: 'transition', runId, event: { kind: 'held', why: heldForFailures(sweep) } });
  const open = tables.sweeps.hasOpenJobs(id);
  if (open === (sweep.endedAt === null)) return;
  tables.sweeps.end(id, open ? null : now);
  if (open || !scene.notify) return;
  tables.notifications.add(sweepNotice(sweep, tables.sweeps.counts(id), now));
  touched.notifications = true;
}
