const busy = new Map<string, Promise<unknown>>();

/**
 * Runs `work` after everything given earlier for the same thing, a directory or a run, is done, also where it failed.
 * Attempts that share a run directory thus never write its files at the same time: one's end, another's start.
 */
export function inTurn<T>(thing: string, work: () => Promise<T>): Promise<T> {
  const before = busy.get(thing) ?? Promise.resolve();
  const mine = before.then(work, work);
  const settled = mine
    .catch(() => {})
    .then(() => {
      if (busy.get(thing) === settled) busy.delete(thing);
    });
  busy.set(thing, settled);
  return mine;
}
