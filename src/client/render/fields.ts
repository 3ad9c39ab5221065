import type { Style } from './output.js';

/** Lines of a title and what stands there; those without text are left out. */
export const fieldLines = (rows: readonly (readonly [string, string])[], { paint }: Style): string[] =>
  rows
    .filter(([, value]) => value !== '')
    .map(([title, value]) => `  ${paint('dim', title.padEnd(10))}  ${value}`);
