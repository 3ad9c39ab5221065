/** Runs in a long history. */
export const HISTORY = 100_000;
/** Runs in a long queue. */
export const QUEUE = 10_000;
