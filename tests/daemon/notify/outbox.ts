import type { Outbox } from '../../../src/daemon/notify/outbox.js';
import type { Notification, RunNotification } from '../../../src/daemon/store/stored.js';

/** An outbox in memory, and what became of its rows. */
export function memoryOutbox() {
  const rows: { id: number; payload: Notification }[] = [];
  const cursors = new Map<string, number>();
  let newest = 0;
  const outbox: Outbox = {
    after: (id, limit) => rows.filter((row) => row.id > id).slice(0, limit),
    cursor: (target) => cursors.get(target) ?? 0,
    advance: async (target, id) => void cursors.set(target, id),
    forget: async (id) => {
      rows.splice(0, rows.filter((row) => row.id <= id).length);
    },
  };
  return {
    outbox,
    rows,
    cursors,
    add: (event: RunNotification['event'] = 'finished', at = Date.now()): number => {
      rows.push({ id: ++newest, payload: notification(newest, event, at) });
      return newest;
    },
  };
}

export const notification = (
  runId: number,
  event: RunNotification['event'] = 'finished',
  at = Date.now(),
): Notification => ({
  v: 1,
  event,
  host: 'here',
  at,
  run: {
    id: runId,
    ulid: `ULID${runId}`,
    name: 'train',
    state: 'succeeded',
    attempt: 1,
    reason: null,
    exit_code: 0,
    signal: null,
    experiment_id: `train-${runId}`,
    project: '/p',
    run_dir: null,
    tags: [],
    job: null,
  },
});
