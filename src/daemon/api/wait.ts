import { Bell } from '../../bell.js';
import type { WaitRequest, WaitResponse } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import { isFinal } from '../run/run.js';
import type { Outgoing } from './call.js';
import { type Lookup, selectIds } from './select.js';
import { Told } from './told.js';
import { type Reasons, runView } from './view.js';

export interface WaitPorts {
  reads: Lookup;
  onCommit: Queue['onCommit'];
  reasons: Reasons;
}

/** Each run as it is now and after each change, until all are final. Changes that come too fast are told as one. */
export async function wait(
  ports: WaitPorts,
  request: WaitRequest,
  out: Outgoing<WaitResponse>,
): Promise<void> {
  const { reads, onCommit, reasons } = ports;
  const bell = new Bell();
  const told = new Told();
  const waited = new Set(await selectIds(request.runs, reads));
  // The first look comes after listening has begun: no change falls between them.
  const changed = new Set(waited);
  const forget = onCommit((commit) => {
    const ids = [...commit.changed.map(({ id }) => id), ...commit.removed].filter((id) => waited.has(id));
    for (const id of ids) changed.add(id);
    if (ids.length > 0) bell.ring();
  });
  try {
    for (;;) {
      const ids = [...changed];
      changed.clear();
      for (const id of ids) {
        const run = reads.run(id);
        if (run === null) throw new UserError('not_found', `run ${id} was removed`);
        if (isFinal(run.state)) waited.delete(id);
        const view = runView(run, reasons);
        if (told.isNew(view)) await out.send({ run: view });
      }
      if (waited.size === 0) return;
      await bell.wait(out.signal);
    }
  } finally {
    forget();
  }
}
