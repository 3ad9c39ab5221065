import { type HydraFlags, writeFlags } from '../../program/flags.js';

/** A Hydra application as its command runs it. */
export interface Application {
  argv: readonly string[];
  /** Index of the first word that is its own. */
  argsAt: number;
  /** Where it runs: absolute. */
  cwd: string;
}

/** The command of one job of a sweep. */
export const jobCommand = (
  { argv, argsAt }: Application,
  flags: HydraFlags,
  overrides: string[],
): string[] => [
  ...argv.slice(0, argsAt),
  ...writeFlags({ ...flags, run: false, multirun: false, overrides }),
];
