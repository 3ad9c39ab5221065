import type { CodeState, Submission } from '../run/submission.js';
import type { Connection } from './connection.js';
import { parseNullable } from './json.js';
import { parseSpec, type Spec, specOf } from './spec.js';
import { statement } from './statement.js';
import type { StoredSubmission } from './stored.js';

export const SUBMISSION_SQL = {
  find: 'SELECT spec, sha256 FROM submissions WHERE run_id = ?',
  keyed: 'SELECT keyed FROM submissions WHERE run_id = ?',
  code: 'SELECT code FROM submissions WHERE run_id = ?',
  insert: `
INSERT INTO submissions (run_id, spec, sha256, env_sha, hydra_sha, tree_sha, base_sha, keyed, code, diff_sha)
VALUES (@runId, @spec, @sha256, @envSha, @hydraSha, @treeSha, @baseSha, @keyed, @code, @diffSha)`,
  replace: 'UPDATE submissions SET spec = ?, sha256 = ?, env_sha = ? WHERE run_id = ?',
  recordCode: 'UPDATE submissions SET code = ?, diff_sha = ? WHERE run_id = ?',
  usesEnvironment: 'SELECT 1 AS used FROM submissions WHERE env_sha = ? LIMIT 1',
  // Here and below: one probe of the index for each content, however many runs share it.
  environments: distinct('env_sha'),
  diffs: distinct('diff_sha'),
  hydraNodes: distinct('hydra_sha'),
  trees: distinct('tree_sha'),
  bases: distinct('base_sha'),
};

function distinct(column: string): string {
  return `
WITH RECURSIVE seen (sha) AS (
  SELECT min(${column}) FROM submissions WHERE ${column} IS NOT NULL
  UNION ALL
  SELECT (SELECT min(${column}) FROM submissions WHERE ${column} > sha AND ${column} IS NOT NULL) FROM seen
  WHERE sha IS NOT NULL
)
SELECT sha FROM seen WHERE sha IS NOT NULL`;
}

/** What was submitted. The sha256 is over the stored bytes and checked at each reading. */
export function submissions(db: Connection) {
  const find = statement<[number], { spec: string; sha256: string }>(db, SUBMISSION_SQL.find);
  const keyed = statement<[number], { keyed: string | null }>(db, SUBMISSION_SQL.keyed);
  const code = statement<[number], { code: string | null }>(db, SUBMISSION_SQL.code);
  const diffs = statement<[], { sha: string }>(db, SUBMISSION_SQL.diffs);
  const hydraNodes = statement<[], { sha: string }>(db, SUBMISSION_SQL.hydraNodes);
  const trees = statement<[], { sha: string }>(db, SUBMISSION_SQL.trees);
  const bases = statement<[], { sha: string }>(db, SUBMISSION_SQL.bases);
  const insert = statement<[Row]>(db, SUBMISSION_SQL.insert);
  const replace = statement<[string, string, string, number]>(db, SUBMISSION_SQL.replace);
  /** One state of the code for a thousand runs is one object. */
  const texts = new WeakMap<CodeState, string>();
  const codeColumns = (state: CodeState): { code: string; diffSha: string | null } => {
    const code = texts.get(state) ?? JSON.stringify(state);
    texts.set(state, code);
    return { code, diffSha: state.known ? state.diffSha : null };
  };
  const recordCode = statement<[string, string | null, number]>(db, SUBMISSION_SQL.recordCode);
  const usesEnvironment = statement<[string], { used: number }>(db, SUBMISSION_SQL.usesEnvironment);
  const environments = statement<[], { sha: string }>(db, SUBMISSION_SQL.environments);

  return {
    find(runId: number): StoredSubmission {
      const row = find.get(runId);
      if (row === undefined) return { ok: false, why: 'missing' };
      const submission = parseSpec(row.spec, row.sha256, runId);
      return submission === null ? { ok: false, why: 'damaged' } : { ok: true, submission };
    },
    keyed: (runId: number): string | null => keyed.get(runId)?.keyed ?? null,
    /** sha256 of every kept diff that some run refers to. */
    diffs: (): string[] => diffs.all().map(({ sha }) => sha),
    code: (runId: number): CodeState | null =>
      parseNullable<CodeState>(code.get(runId)?.code ?? null, `code state of run ${runId}`),
    insert(runId: number, spec: Spec, keyed: string | null, code: CodeState | null): void {
      const { text, sha256, envSha, hydraSha, treeSha, baseSha } = spec;
      const known = code === null ? { code, diffSha: null } : codeColumns(code);
      insert.run({ runId, spec: text, sha256, envSha, hydraSha, treeSha, baseSha, keyed, ...known });
    },
    replace(runId: number, submission: Submission): void {
      const { text, sha256, envSha } = specOf(submission);
      replace.run(text, sha256, envSha, runId);
    },
    recordCode(runId: number, state: CodeState): void {
      const { code, diffSha } = codeColumns(state);
      recordCode.run(code, diffSha, runId);
    },
    usesEnvironment: (sha: string): boolean => usesEnvironment.get(sha) !== undefined,
    /** sha256 of every stored environment that some run needs. */
    environments: (): string[] => environments.all().map(({ sha }) => sha),
    /** sha256 of every part of a configuration that some run refers to. */
    configurations: (): string[] =>
      [...hydraNodes.all(), ...trees.all(), ...bases.all()].map(({ sha }) => sha),
  };
}

interface Row {
  runId: number;
  spec: string;
  sha256: string;
  envSha: string;
  hydraSha: string | null;
  treeSha: string | null;
  baseSha: string | null;
  keyed: string | null;
  code: string | null;
  diffSha: string | null;
}
