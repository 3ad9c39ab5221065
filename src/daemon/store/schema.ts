/**
 * Migrations, oldest first; the index + 1 is `PRAGMA user_version`. Never edit one that has shipped.
 * The resulting schema is a golden file. CHECKs mirror src/daemon/run.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE groups (
  name TEXT PRIMARY KEY,
  max_running INTEGER NOT NULL DEFAULT 0 CHECK (max_running >= 0),
  -- Final runs keep the name of their group; a removed one takes no new runs.
  removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO groups (name) VALUES ('default');

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ulid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued','held','starting','running','stopping','succeeded','failed','cancelled')),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  failures INTEGER NOT NULL DEFAULT 0,
  retries INTEGER NOT NULL DEFAULT 0,
  start_failures INTEGER NOT NULL DEFAULT 0,
  streak TEXT,
  resume TEXT NOT NULL DEFAULT '{"from":"newest"}',
  not_before INTEGER,
  hold TEXT,
  stop TEXT,
  paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  outcome TEXT,
  priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
  group_name TEXT NOT NULL DEFAULT 'default' REFERENCES groups (name),
  begin_at INTEGER,
  key TEXT,
  note TEXT NOT NULL DEFAULT '',
  kill_on_failed_dependency INTEGER NOT NULL DEFAULT 0,
  experiment_id TEXT NOT NULL,
  project TEXT NOT NULL,
  submitted_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  run_dir TEXT,
  code_until INTEGER,
  CHECK ((state = 'held') = (hold IS NOT NULL)),
  CHECK ((state = 'stopping') = (stop IS NOT NULL)),
  CHECK (state NOT IN ('starting','running','stopping') OR attempt > 0),
  CHECK (state = 'running' OR paused = 0),
  CHECK ((state IN ('succeeded','failed','cancelled')) = (ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX runs_key ON runs (key) WHERE key IS NOT NULL;
CREATE INDEX runs_ended ON runs (state, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_state ON runs (state, id);
CREATE INDEX runs_submitted ON runs (submitted_at, id);
CREATE INDEX runs_name ON runs (name, id);
CREATE INDEX runs_group ON runs (group_name, id);
CREATE INDEX runs_unfinished ON runs (group_name, state) WHERE ended_at IS NULL;

CREATE TABLE submissions (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  spec TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  env_sha TEXT NOT NULL,
  -- What a second submission with the same key must equal, as it was first submitted.
  keyed TEXT,
  code TEXT,
  diff_sha TEXT
) STRICT;
CREATE INDEX submissions_env ON submissions (env_sha);
CREATE INDEX submissions_diff ON submissions (diff_sha) WHERE diff_sha IS NOT NULL;

CREATE TABLE tags (
  tag TEXT NOT NULL,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_run ON tags (run_id);

CREATE TABLE dependencies (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  on_run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE RESTRICT,
  kind TEXT NOT NULL CHECK (kind IN ('afterok','afterany')),
  PRIMARY KEY (run_id, on_run_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependencies_on ON dependencies (on_run_id);

CREATE TABLE attempts (
  id TEXT PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('starting','running','ended')),
  executor TEXT NOT NULL DEFAULT 'local',
  boot_id TEXT NOT NULL,
  handle TEXT NOT NULL DEFAULT '{}',
  lease TEXT NOT NULL DEFAULT '{}',
  run_dir TEXT NOT NULL,
  log TEXT NOT NULL,
  error_log TEXT,
  resumed_from TEXT,
  resumed_step INTEGER,
  claimed_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  outcome TEXT,
  usage TEXT,
  UNIQUE (run_id, number),
  CHECK ((phase = 'ended') = (ended_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- At most one live attempt a run, whatever the code does.
CREATE UNIQUE INDEX attempts_live ON attempts (run_id) WHERE phase <> 'ended';

CREATE TABLE run_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  reason TEXT
) STRICT;
CREATE INDEX run_events_run ON run_events (run_id, seq);

CREATE TABLE requests (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  result TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_at ON requests (at);

CREATE TABLE notifications (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  payload TEXT NOT NULL
) STRICT;

CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`,
  `
-- Who resumed from a place is asked before that is moved away.
CREATE INDEX attempts_resumed ON attempts (resumed_from) WHERE resumed_from IS NOT NULL;
`,
  `
CREATE TABLE sweeps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ulid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  key TEXT,
  -- What a second submission with the same key must equal, beside the jobs.
  keyed TEXT,
  project TEXT NOT NULL,
  experiment_id TEXT NOT NULL,
  experiment_chosen INTEGER NOT NULL CHECK (experiment_chosen IN (0, 1)),
  submitted_at INTEGER NOT NULL,
  -- Jobs ever made: the number of the next one.
  made INTEGER NOT NULL CHECK (made > 0),
  first_run_id INTEGER NOT NULL,
  max_parallel INTEGER NOT NULL CHECK (max_parallel >= 0),
  hold_after_failures INTEGER NOT NULL CHECK (hold_after_failures >= 0),
  -- Since somebody last let held jobs go on.
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  axes TEXT NOT NULL,
  multirun_sha TEXT,
  own_dir TEXT,
  dir TEXT,
  -- Of its last job; null while one is not final.
  ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX sweeps_key ON sweeps (key) WHERE key IS NOT NULL;
CREATE INDEX sweeps_open ON sweeps (id) WHERE ended_at IS NULL;
CREATE INDEX sweeps_ended ON sweeps (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sweeps_first ON sweeps (first_run_id);
CREATE INDEX sweeps_multirun ON sweeps (multirun_sha) WHERE multirun_sha IS NOT NULL;

ALTER TABLE runs ADD COLUMN sweep_id INTEGER REFERENCES sweeps (id);
ALTER TABLE runs ADD COLUMN job_num INTEGER CHECK ((sweep_id IS NULL) = (job_num IS NULL) AND job_num >= 0);
ALTER TABLE runs ADD COLUMN overrides TEXT;
ALTER TABLE runs ADD COLUMN experiment_chosen INTEGER NOT NULL DEFAULT 0 CHECK (experiment_chosen IN (0, 1));
CREATE UNIQUE INDEX runs_job ON runs (sweep_id, job_num) WHERE sweep_id IS NOT NULL;
CREATE INDEX runs_sweep_state ON runs (sweep_id, state) WHERE sweep_id IS NOT NULL;
-- Lists in which a sweep is one line pass over its jobs.
CREATE INDEX runs_alone ON runs (id) WHERE sweep_id IS NULL;
CREATE INDEX runs_alone_state ON runs (state, id) WHERE sweep_id IS NULL;
CREATE INDEX runs_alone_ended ON runs (state, ended_at) WHERE sweep_id IS NULL AND ended_at IS NOT NULL;
CREATE INDEX runs_experiment ON runs (experiment_id);

ALTER TABLE submissions ADD COLUMN hydra_sha TEXT;
ALTER TABLE submissions ADD COLUMN tree_sha TEXT;
CREATE INDEX submissions_hydra ON submissions (hydra_sha) WHERE hydra_sha IS NOT NULL;
CREATE INDEX submissions_tree ON submissions (tree_sha) WHERE tree_sha IS NOT NULL;
`,
  `
-- How runs stand by what they logged; made anew from event files where it is lost.
CREATE TABLE progress (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  step INTEGER,
  total_steps INTEGER,
  steps_per_second REAL,
  at REAL,
  bad_lines INTEGER NOT NULL CHECK (bad_lines >= 0),
  bad_example TEXT,
  problem TEXT
) STRICT;

-- A value of NULL is NaN.
CREATE TABLE metrics (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  step INTEGER NOT NULL,
  value REAL,
  at REAL NOT NULL,
  points INTEGER NOT NULL CHECK (points > 0),
  lowest REAL,
  lowest_step INTEGER,
  highest REAL,
  highest_step INTEGER,
  PRIMARY KEY (run_id, key),
  CHECK ((lowest IS NULL) = (lowest_step IS NULL)),
  CHECK ((highest IS NULL) = (highest_step IS NULL))
) STRICT, WITHOUT ROWID;
`,
  `
-- What is known of checkpoints beyond what lies on disk, which alone decides what is there.
CREATE TABLE checkpoints (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt >= 0),
  stack TEXT,
  step INTEGER,
  bytes INTEGER NOT NULL,
  -- With the bytes: which content was read.
  written_at REAL NOT NULL,
  metrics TEXT NOT NULL,
  -- Null: not read whole yet; empty: whole; else why it must not be used.
  damage TEXT,
  pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
  PRIMARY KEY (run_id, path)
) STRICT, WITHOUT ROWID;

-- Directory outside of run directories that the checkpoints of a run are written to.
ALTER TABLE runs ADD COLUMN checkpoint_place TEXT;
CREATE INDEX runs_place ON runs (id) WHERE checkpoint_place IS NOT NULL AND ended_at IS NULL AND attempt > 0;
-- Set by the daemon itself, after how an attempt ended.
ALTER TABLE tags ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0 CHECK (automatic IN (0, 1));
`,
  `
-- Jobs of a sweep are stored as patches of one of them.
ALTER TABLE submissions ADD COLUMN base_sha TEXT;
CREATE INDEX submissions_base ON submissions (base_sha) WHERE base_sha IS NOT NULL;
`,
];
