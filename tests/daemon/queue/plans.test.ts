import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ATTEMPT_SQL } from '../../../src/daemon/store/attempts.js';
import { CHECKPOINT_SQL } from '../../../src/daemon/store/checkpoints.js';
import { type Connection, openForWriting } from '../../../src/daemon/store/connection.js';
import { DEPENDENCY_SQL } from '../../../src/daemon/store/dependencies.js';
import { EVENT_SQL } from '../../../src/daemon/store/events.js';
import { FACT_SQL } from '../../../src/daemon/store/facts.js';
import { FOLDED_SQL } from '../../../src/daemon/store/folded.js';
import { GROUP_SQL } from '../../../src/daemon/store/groups.js';
import { NOTIFICATION_SQL } from '../../../src/daemon/store/notifications.js';
import { PAGE_SQL } from '../../../src/daemon/store/pages.js';
import { REQUEST_SQL } from '../../../src/daemon/store/requests.js';
import { RUN_SQL } from '../../../src/daemon/store/runs.js';
import { SUBMISSION_SQL } from '../../../src/daemon/store/submissions.js';
import { SWEEP_SQL } from '../../../src/daemon/store/sweeps.js';

const STATEMENTS = Object.entries({
  run: RUN_SQL,
  attempt: ATTEMPT_SQL,
  checkpoint: CHECKPOINT_SQL,
  submission: SUBMISSION_SQL,
  event: EVENT_SQL,
  dependency: DEPENDENCY_SQL,
  group: GROUP_SQL,
  request: REQUEST_SQL,
  notification: NOTIFICATION_SQL,
  fact: FACT_SQL,
  page: PAGE_SQL,
  folded: FOLDED_SQL,
  sweep: SWEEP_SQL,
}).flatMap(([of, all]) => Object.entries(all).map(([name, sql]) => [`${of}.${name}`, sql] as const));

/** Statements that go over a table or an index from its end, and why their time does not grow with history. */
const ALLOWED: Readonly<Record<string, string>> = {
  'run.newest': 'LIMIT, in the order of the key',
  'run.places': 'the index holds unfinished runs only',
  'run.begun': 'the index holds unfinished runs only',
  'run.willResume': 'the index holds unfinished runs only',
  'group.all': 'groups are few',
  'group.counts': 'the index holds unfinished runs only',
  'dependency.reaches': 'json_each and the recursion itself',
  'submission.environments': 'the recursion itself',
  'submission.diffs': 'the recursion itself',
  'submission.hydraNodes': 'the recursion itself',
  'submission.trees': 'the recursion itself',
  'submission.bases': 'the recursion itself',
  'sweep.multiruns': 'the recursion itself',
  'sweep.oldestOpen': 'the index holds sweeps that are not over only',
  'sweep.countOpen': 'the index holds sweeps that are not over only',
  'run.nextId': 'sqlite_sequence has a row for each table',
  'sweep.nextId': 'sqlite_sequence has a row for each table',
  'attempt.live': 'the index holds attempts that have not ended only',
  'event.newest': 'sqlite_sequence has a row for each table',
};

let dir: string;
let db: Connection;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-plans-'));
  db = openForWriting(dir).connection;
});
afterAll(() => {
  db.raw.close();
  rmSync(dir, { recursive: true, force: true });
});

const plan = (sql: string): string[] => {
  const slots = [...sql.matchAll(/[?]/g)].map(() => 1);
  const named = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name!, 1]));
  const explain = db.raw.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  return (Object.keys(named).length > 0 ? explain.all(named) : explain.all(...slots)).map(
    ({ detail }) => detail,
  );
};

test.each(STATEMENTS)('%s goes over nothing whole', (name, sql) => {
  const whole = plan(sql).filter(
    (step) => /^SCAN |TEMP B-TREE/.test(step) && !/^SCAN (CONSTANT ROW|\(subquery)/.test(step),
  );
  if (name in ALLOWED) expect(whole).not.toEqual([]);
  else expect(whole).toEqual([]);
});

test('the live attempt is found by its own index', () => {
  expect(plan(RUN_SQL.find).join('\n')).toMatch(/attempts_live/);
});
