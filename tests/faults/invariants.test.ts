import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { readEvidence } from '../helpers/evidence.js';
import {
  type Acknowledged,
  assertInvariants,
  type Invariant,
  type Judged,
  violations,
} from '../helpers/invariants.js';
import { probe } from '../helpers/probe.js';
import {
  claimOf,
  endOf,
  failure,
  newRun,
  Store,
  submissionOf,
  success,
  transitionOf,
} from '../helpers/store.js';

/** A state that nothing is wrong with: run 1 succeeded, run 2 failed, run 3 runs. Nobody executes anything. */
class Sound implements Judged {
  readonly root = mkdtempSync(join(tmpdir(), 'expd-invariants-'));
  readonly state = join(this.root, 'state');
  readonly effects = join(this.root, 'effects');
  readonly slots = 1;
  readonly acknowledged: Acknowledged[] = [];

  static async make(): Promise<Sound> {
    const sound = new Sound();
    onTestFinished(() => rmSync(sound.root, { recursive: true, force: true }));
    mkdirSync(sound.state);
    mkdirSync(sound.effects);
    const store = await Store.open({ stateDir: sound.state });
    await sound.execute(store, 0);
    await sound.execute(store, 3);
    await sound.execute(store, null);
    await store.stop();
    return sound;
  }

  log = (attemptId: string): string => join(this.root, `${attemptId}.log`);

  sql(text: string): void {
    const db = new Database(join(this.state, 'expd.db'));
    db.exec(text);
    db.close();
  }

  broken(): Invariant[] {
    return [...new Set(violations(this, this.acknowledged).map(({ of }) => of))];
  }

  /** What a daemon and a probe that ends with `code` leave; null: it runs on. */
  private async execute(store: Store, code: number | null): Promise<void> {
    const argv = probe({ effects: this.effects, lines: 2, seconds: 0, end: code ?? 0 });
    const submission = submissionOf({ argv, cwd: this.root });
    const runId = await store.ok({ do: 'submit', run: newRun({ submission, key: `key-${code}` }) });
    this.acknowledged.push({ runId, argv, cwd: this.root, key: `key-${code}` });
    const claim = claimOf(runId, 1);
    if (claim.do !== 'transition' || claim.facts?.of !== 'claimed') throw new Error('no claim');
    const id = `a${runId}-1`;
    await store.ok({ ...claim, facts: { ...claim.facts, log: this.log(id) } });
    await store.ok(transitionOf(runId, { kind: 'spawned' }));
    writeFileSync(join(this.effects, id), `77 ${runId}\n`);
    writeFileSync(this.log(id), `${id} 1\n`);
    if (code === null) return;
    appendFileSync(this.log(id), `${id} 2\n`);
    writeFileSync(join(this.effects, `${id}.end`), `${code}\n`);
    await store.ok(endOf(runId, 1, code === 0 ? success : { ...failure, code }));
  }
}

test('a sound state breaks nothing, and all of it was looked at', async () => {
  const sound = await Sound.make();
  assertInvariants(sound, sound.acknowledged);
  const seen = readEvidence(sound.state, sound.effects);
  expect(seen.runs.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'running']);
  expect(seen.attempts.map(({ log }) => log)).toEqual(['a1-1 1\na1-1 2\n', 'a2-1 1\na2-1 2\n', 'a3-1 1\n']);
  expect([...seen.executions]).toEqual([1, 2, 3].map((runId) => [`a${runId}-1`, { times: 1, runId }]));
  expect([...seen.endings]).toEqual([
    ['a1-1', '0'],
    ['a2-1', '3'],
  ]);
  expect(seen.mostAtATime).toBe(1);
});

test.each<[Invariant, string, (sound: Sound) => void]>([
  ['V1', 'a run is gone', (s) => s.acknowledged.push({ ...s.acknowledged[0]!, runId: 9, key: null })],
  ['V1', 'its command is another', (s) => s.acknowledged[0]!.argv.splice(2, 1, '5')],
  [
    'V1',
    'one byte of it is another',
    (s) => s.sql(`UPDATE submissions SET spec = replace(spec, '"seed":7', '"seed":8')`),
  ],
  [
    'V1',
    'one key has two runs',
    (s) => {
      s.sql(`UPDATE runs SET key = NULL WHERE id = 2`);
      s.acknowledged[1]!.key = 'key-0';
    },
  ],
  ['V2', 'executed twice', (s) => appendFileSync(join(s.effects, 'a1-1'), '78 1\n')],
  ['V2', 'executed without a claim', (s) => writeFileSync(join(s.effects, 'stranger'), '79 9\n')],
  [
    'V2',
    'executed although it never started',
    (s) =>
      s.sql(
        `UPDATE attempts SET outcome = json_set(outcome, '$.cause', 'never_started', '$.code', NULL) WHERE run_id = 2`,
      ),
  ],
  ['V2', 'not executed, with an exit code', (s) => rmSync(join(s.effects, 'a2-1'))],
  [
    'V3',
    'another code',
    (s) =>
      s.sql(`UPDATE attempts SET outcome = json_set(outcome, '$.code', 4) WHERE run_id = 2;
    UPDATE runs SET outcome = json_set(outcome, '$.code', 4) WHERE id = 2`),
  ],
  [
    'V3',
    'an invented signal',
    (s) =>
      s.sql(
        `UPDATE attempts SET outcome = json_set(outcome, '$.code', NULL, '$.signal', 'SIGSEGV') WHERE run_id = 2;
     UPDATE runs SET outcome = json_set(outcome, '$.code', NULL, '$.signal', 'SIGSEGV') WHERE id = 2`,
      ),
  ],
  [
    'V3',
    'a failure that is called success',
    (s) => s.sql(`UPDATE runs SET state = 'succeeded' WHERE id = 2`),
  ],
  ['V3', 'a success of nobody', (s) => rmSync(join(s.effects, 'a1-1.end'))],
  [
    'V3',
    'the run says another end than its attempt',
    (s) => s.sql(`UPDATE runs SET outcome = json_set(outcome, '$.code', 5) WHERE id = 2`),
  ],
  ['V3', 'cancelled by nobody', (s) => s.sql(`UPDATE runs SET state = 'cancelled' WHERE id = 2`)],
  ['V5', 'a lost line', (s) => truncateSync(s.log('a1-1'), 'a1-1 1\n'.length)],
  ['V5', 'a torn line', (s) => truncateSync(s.log('a2-1'), 'a2-1 1\n'.length + 3)],
  ['V5', 'a repeated line', (s) => appendFileSync(s.log('a1-1'), 'a1-1 2\n')],
  ['V5', 'a NUL block', (s) => writeFileSync(s.log('a2-1'), `a2-1 1\n${'\0'.repeat(7)}`)],
  [
    'V6',
    'a foreign key that leads nowhere',
    (s) => s.sql(`PRAGMA foreign_keys = OFF; DELETE FROM runs WHERE id = 2`),
  ],
  ['V6', 'a temporary file', (s) => writeFileSync(join(s.state, '.status.json.0123456789ab.tmp'), '')],
  [
    'V6',
    'the directory of an ended attempt',
    (s) => mkdirSync(join(s.state, 'attempts/a1-1'), { recursive: true }),
  ],
  [
    'V7',
    'two attempts of one run met',
    (s) => writeFileSync(join(s.effects, 'overlap'), 'a1-1 lives beside a1-2\n'),
  ],
  [
    'V7',
    'more slots leased than there are',
    (s) => s.sql(`UPDATE attempts SET lease = '{"slots":2}' WHERE run_id = 3`),
  ],
  [
    'V7',
    'more attempts at a time than slots',
    (s) =>
      s.sql(
        `INSERT INTO run_events (at, run_id, kind, state, attempt) VALUES (1, 1, 'claimed', 'starting', 2)`,
      ),
  ],
])('%s: %s', async (invariant, _, breakIt) => {
  const sound = await Sound.make();
  breakIt(sound);
  expect(sound.broken()).toContain(invariant);
  expect(() => assertInvariants(sound, sound.acknowledged)).toThrow(`${invariant}: `);
});

test.each<[Invariant, string, [attempt: string, run: string][]]>([
  ['V4', 'a process of an ended attempt', [['a1-1', '1']]],
  [
    'V7',
    'processes of two attempts of one run',
    [
      ['a3-1', '3'],
      ['a2-1', '3'],
    ],
  ],
])('%s: %s', async (invariant, _, wanted) => {
  const sound = await Sound.make();
  for (const [attempt, run] of wanted) await living({ EXPD_ATTEMPT_ID: attempt, EXPD_RUN_ID: run });
  expect(sound.broken()).toContain(invariant);
});

test('the live attempt may have its process', async () => {
  const sound = await Sound.make();
  await living({ EXPD_ATTEMPT_ID: 'a3-1', EXPD_RUN_ID: '3' });
  expect(sound.broken()).toEqual([]);
});

test('V6: a page of zeros', async () => {
  const sound = await Sound.make();
  const db = new Database(join(sound.state, 'expd.db'));
  db.pragma('journal_mode = DELETE');
  const { rootpage } = db
    .prepare<[], { rootpage: number }>(`SELECT rootpage FROM sqlite_schema WHERE name = 'runs_name'`)
    .get()!;
  const size = Number(db.pragma('page_size', { simple: true }));
  db.close();
  const file = openSync(join(sound.state, 'expd.db'), 'r+');
  writeSync(file, Buffer.alloc(size), 0, size, (rootpage - 1) * size);
  closeSync(file);
  expect(sound.broken()).toContain('V6');
});

/** A process with these variables; it has been executed when the promise resolves. */
async function living(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', 'echo; read forever'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}
