/** The errno name of a failed system call, e.g. `ENOENT`; null for any other error. */
export const errnoOf = (cause: unknown): string | null =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
