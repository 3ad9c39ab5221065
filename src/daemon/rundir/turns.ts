const busy = new Map<string, Promise<unknown>>();

/**
 * Runs `work` after everything given earlier for the same directory is done, also where it failed. Attempts that
 * share a run directory thus never write its files at the same time: one's end, another's start.
 */
export function inTurn<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const before = busy.get(directory) ?? Promise.resolve();
  const mine = before.then(work, work);
  const settled = mine
    .catch(() => {})
    .then(() => {
      if (busy.get(directory) === settled) busy.delete(directory);
    });
  busy.set(directory, settled);
  return mine;
}
