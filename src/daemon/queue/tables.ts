import { attempts } from '../store/attempts.js';
import { checkpoints } from '../store/checkpoints.js';
import type { Connection } from '../store/connection.js';
import { dependencies } from '../store/dependencies.js';
import { events } from '../store/events.js';
import { facts } from '../store/facts.js';
import { groups } from '../store/groups.js';
import { metrics } from '../store/metrics.js';
import { notifications } from '../store/notifications.js';
import { requests } from '../store/requests.js';
import { runs } from '../store/runs.js';
import { submissions } from '../store/submissions.js';
import { sweeps } from '../store/sweeps.js';

/** Everything that the writer writes. */
export const tables = (db: Connection) => ({
  runs: runs(db),
  attempts: attempts(db),
  submissions: submissions(db),
  sweeps: sweeps(db),
  checkpoints: checkpoints(db),
  events: events(db),
  dependencies: dependencies(db),
  groups: groups(db),
  requests: requests(db),
  notifications: notifications(db),
  facts: facts(db),
  metrics: metrics(db),
});
export type Tables = ReturnType<typeof tables>;
