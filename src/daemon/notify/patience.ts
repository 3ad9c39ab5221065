/** How long things may take, in milliseconds. */
export interface Patience {
  /** A command is killed after this, with its children. */
  commandMs: number;
  /** From connecting to the answer's status. */
  webhookMs: number;
  /** Wait after the first failure; doubled with each further one. */
  firstRetryMs: number;
  longestRetryMs: number;
  /** A target that has failed for so long loses what is as old. */
  giveUpMs: number;
}

export const PATIENCE: Patience = {
  commandMs: 30_000,
  webhookMs: 10_000,
  firstRetryMs: 5_000,
  longestRetryMs: 600_000,
  giveUpMs: 86_400_000,
};

/** The wait after the n-th failure in a row, from 1. */
export const retryAfter = (failures: number, { firstRetryMs, longestRetryMs }: Patience): number =>
  Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 30), longestRetryMs);

/**
 * Whether to let a notification go: its target has failed for long enough, and it is old enough itself. So a
 * daemon that was away for days tries before it gives up, and a dead target holds one such span of rows.
 */
export const givesUp = (now: number, at: number, failingSince: number, { giveUpMs }: Patience): boolean =>
  now - Math.max(at, failingSince) >= giveUpMs;
