import { Bell } from '../../bell.js';
import type { WatchRequest, WatchResponse } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import type { Reader } from '../store/reader.js';
import type { Outgoing } from './call.js';
import { type Lookup, selectIds } from './select.js';
import { eventView, type Reasons, runView } from './view.js';

export interface WatchPorts {
  reads: Lookup & Pick<Reader, 'events' | 'newestSeq'>;
  onCommit: Queue['onCommit'];
  reasons: Reasons;
}

const EVENTS_AT_ONCE = 256;

/** Reads the table from a cursor on; commits only wake it. So there is no gap, however slow the reader is. */
export async function watch(
  ports: WatchPorts,
  request: WatchRequest,
  out: Outgoing<WatchResponse>,
): Promise<void> {
  const { reads, onCommit, reasons } = ports;
  const bell = new Bell();
  const forget = onCommit(() => bell.ring());
  try {
    const ids = request.runs.length === 0 ? [] : await selectIds(request.runs, reads);
    let after = request.afterSeq < 0 ? reads.newestSeq() : known(request.afterSeq, reads.newestSeq());
    for (;;) {
      const { events, next } = reads.events(after, EVENTS_AT_ONCE, ids);
      for (const event of events) {
        const run = reads.run(event.runId);
        await out.send({ event: eventView(event), run: run === null ? undefined : runView(run, reasons) });
      }
      if (next === after) await bell.wait(out.signal);
      after = next;
    }
  } finally {
    forget();
  }
}

/** A larger number than was ever given comes from another database: a backup was put in its place. */
function known(after: number, newest: number): number {
  if (after <= newest) return after;
  throw new UserError(
    'compacted',
    `event ${after} is not of this database, whose newest is ${newest}`,
    'list the runs again and watch from the number that the list gives',
  );
}
