import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a training puts what it makes. */
export interface Places {
  directory: string;
  checkpoints: string;
  /** The file of metric lines. */
  metrics: string;
  samples: string;
  plots: string;
  artifacts: string;
  /** The experiment's TensorBoard directory. */
  tensorboard: string;
  /**
   * Whether expd follows the metrics and writes their curves into that directory. Then it is its only writer, and
   * ours go into one below.
   */
  followed: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** As expd says it by the run contract; without expd the same layout under `output`. */
export function placesOf(env: Environment, output: string): Places {
  const directory = env.EXPD_RUN_DIR ?? output;
  return {
    directory,
    checkpoints: env.EXPD_CHECKPOINT_DIR ?? join(directory, 'checkpoints'),
    metrics: env.EXPD_METRICS ?? join(directory, 'metrics', 'metrics.jsonl'),
    samples: join(directory, 'samples'),
    plots: join(directory, 'plots'),
    artifacts: join(directory, 'artifacts'),
    tensorboard: env.EXPD_TB_DIR ?? join(directory, 'tensorboard'),
    followed: env.EXPD_TB_DIR !== undefined,
  };
}

/** TensorBoard's own directory is made by who writes into it. */
export function makePlaces({ checkpoints, metrics, samples, plots, artifacts }: Places): void {
  for (const directory of [checkpoints, join(metrics, '..'), samples, plots, artifacts])
    mkdirSync(directory, { recursive: true });
}

/** What is told once, among the artifacts. */
export function record({ artifacts }: Places, name: string, value: unknown): void {
  writeFileSync(join(artifacts, name), `${JSON.stringify(value, null, 2)}\n`);
}
