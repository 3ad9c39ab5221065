import type { AttemptOrder } from './order.js';

/** What trackers know a run by. */
export interface TrackerRuns {
  /** Whether runs see W&B's variables. */
  wandb: boolean;
  /** As an earlier attempt told it; null: it did not. */
  mlflow: string | null;
}

/**
 * Variables by which W&B and MLflow go on with the same run over all attempts; what the user set wins. W&B's id comes
 * from the ULID, so that it is known before the first attempt; MLflow gives its ids itself.
 */
export function trackers({ submission, ...order }: AttemptOrder): Record<string, string> {
  const { wandb = true, mlflow = null } = order.trackers ?? {};
  return {
    ...(wandb && !submission.noWandb
      ? {
          WANDB_RUN_ID: order.ulid.toLowerCase(),
          WANDB_RESUME: 'allow',
          WANDB_NAME: order.name,
          ...(order.job ? { WANDB_RUN_GROUP: `${order.job.of.name}-s${order.job.of.id}` } : {}),
          ...(order.tags.length > 0 ? { WANDB_TAGS: order.tags.join(',') } : {}),
        }
      : {}),
    ...(mlflow === null ? {} : { MLFLOW_RUN_ID: mlflow }),
  };
}
