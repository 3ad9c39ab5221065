import type { BadLines, Extreme, Progress, Standing } from '../run/progress.js';
import type { Connection } from './connection.js';
import { parseNullable, toJson } from './json.js';
import { statement } from './statement.js';

interface ProgressRow {
  run_id: number;
  attempt: number;
  step: number | null;
  total_steps: number | null;
  steps_per_second: number | null;
  at: number | null;
  bad_lines: number;
  bad_example: string | null;
  problem: string | null;
}

interface MetricRow {
  key: string;
  step: number;
  value: number | null;
  at: number;
  points: number;
  lowest: number | null;
  lowest_step: number | null;
  highest: number | null;
  highest_step: number | null;
}

export const METRIC_SQL = {
  progress: 'SELECT * FROM progress WHERE run_id = ?',
  putProgress: `
INSERT OR REPLACE INTO progress (run_id, attempt, step, total_steps, steps_per_second, at, bad_lines, bad_example, problem)
VALUES (@runId, @attempt, @step, @totalSteps, @stepsPerSecond, @at, @badLines, @badExample, @problem)`,
  ofRun: `
SELECT key, step, value, at, points, lowest, lowest_step, highest, highest_step FROM metrics WHERE run_id = ?
ORDER BY key`,
  put: `
INSERT OR REPLACE INTO metrics (run_id, key, step, value, at, points, lowest, lowest_step, highest, highest_step)
VALUES (@runId, @key, @step, @value, @at, @points, @lowest, @lowestStep, @highest, @highestStep)`,
  clear: 'DELETE FROM metrics WHERE run_id = ?',
};

type ProgressColumns = Omit<Progress, 'bad'> & { badLines: number; badExample: string | null };
type MetricColumns = Omit<Standing, 'lowest' | 'highest' | 'value'> & {
  runId: number;
  value: number | null;
  lowest: number | null;
  lowestStep: number | null;
  highest: number | null;
  highestStep: number | null;
};

export function metrics(db: Connection) {
  const progress = statement<[number], ProgressRow>(db, METRIC_SQL.progress);
  const putProgress = statement<[ProgressColumns]>(db, METRIC_SQL.putProgress);
  const ofRun = statement<[number], MetricRow>(db, METRIC_SQL.ofRun);
  const put = statement<[MetricColumns]>(db, METRIC_SQL.put);
  const clear = statement<[number]>(db, METRIC_SQL.clear);

  return {
    /** null: the run has logged nothing. */
    progress(runId: number): Progress | null {
      const row = progress.get(runId);
      return row === undefined ? null : parseProgress(row);
    },
    putProgress: ({ bad, ...rest }: Progress): void =>
      void putProgress.run({ ...rest, badLines: bad.count, badExample: toJson(bad.example) }),
    /** By key. */
    standings: (runId: number): Standing[] => ofRun.all(runId).map(parseMetric),
    put: (runId: number, { lowest, highest, value, ...rest }: Standing): void =>
      void put.run({
        runId,
        ...rest,
        value: Number.isNaN(value) ? null : value,
        lowest: lowest?.value ?? null,
        lowestStep: lowest?.step ?? null,
        highest: highest?.value ?? null,
        highestStep: highest?.step ?? null,
      }),
    clear: (runId: number): void => void clear.run(runId),
  };
}

const parseProgress = (row: ProgressRow): Progress => ({
  runId: row.run_id,
  attempt: row.attempt,
  step: row.step,
  totalSteps: row.total_steps,
  stepsPerSecond: row.steps_per_second,
  at: row.at,
  bad: {
    count: row.bad_lines,
    example: parseNullable<NonNullable<BadLines['example']>>(
      row.bad_example,
      `progress of run ${row.run_id}`,
    ),
  },
  problem: row.problem,
});

const parseMetric = (row: MetricRow): Standing => ({
  key: row.key,
  step: row.step,
  value: row.value ?? Number.NaN,
  at: row.at,
  points: row.points,
  lowest: extreme(row.lowest, row.lowest_step),
  highest: extreme(row.highest, row.highest_step),
});

const extreme = (value: number | null, step: number | null): Extreme | null =>
  value === null || step === null ? null : { value, step };
