import { basename, dirname, join } from 'node:path';

/** Every path inside a run directory, for one attempt; absolute. */
export interface RunPaths {
  /** `.expd/attempts/<K>`: the daemon's own copies of what it writes. */
  records: string;
  logs: string;
  /** Standard output, and standard error unless `errorLog`. */
  log: string;
  errorLog: string | null;
  checkpoints: string;
  /** Directory of the metrics file. */
  metrics: string;
  metricsFile: string;
}

export function runPaths(runDir: string, attempt: number, split: boolean): RunPaths {
  const logs = join(runDir, 'logs');
  const metrics = join(runDir, 'metrics');
  return {
    records: join(runDir, '.expd', 'attempts', String(attempt)),
    logs,
    log: join(logs, `attempt-${attempt}${split ? '.out' : ''}.log`),
    errorLog: split ? join(logs, `attempt-${attempt}.err.log`) : null,
    checkpoints: join(runDir, 'checkpoints'),
    metrics,
    metricsFile: join(metrics, 'metrics.jsonl'),
  };
}

/** The files of `records` that are shown at the top level too. */
export const TOP_LEVEL = ['config.yaml', 'metadata.json', 'status.json'] as const;
export type TopLevelFile = (typeof TOP_LEVEL)[number];

/** Where something is copied to before it gets its name. */
export const partOf = (path: string): string => join(dirname(path), `.part-${basename(path)}`);

export const outputsDir = (project: string): string => join(project, 'outputs');
/** Not made by the daemon: a run that writes no events leaves no empty entry in TensorBoard. */
export const tensorboardDir = (project: string, experimentId: string): string =>
  join(outputsDir(project), 'tensorboard', experimentId);
/**
 * Who writes there (mark.ts): not within, since a run that logs nothing never makes the directory and `--replace` moves
 * it away, and not where TensorBoard walks, which stumbles over links to nowhere.
 */
export const writerMark = (project: string, experimentId: string): string =>
  join(outputsDir(project), '.writers', experimentId);
export const runsIndex = (project: string): string => join(outputsDir(project), 'runs_index.jsonl');
export const trashDir = (project: string): string => join(outputsDir(project), '.trash');

export const attemptsDir = (state: string): string => join(state, 'attempts');
/** Private to daemon and supervisor; see native/PROTOCOL.md. */
export const attemptDir = (state: string, attemptId: string): string => join(attemptsDir(state), attemptId);
export const environmentsDir = (state: string): string => join(state, 'env');
export const diffsDir = (state: string): string => join(state, 'code');
export const configurationsDir = (state: string): string => join(state, 'configs');
