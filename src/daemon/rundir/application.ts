import { valueText } from '../../hydra/hydra.js';
import { readFlags, writeFlags } from '../../program/flags.js';

/** What a Hydra application is told of its run. */
export interface Told {
  /** Of argv: words before its own. */
  programWords: number;
  /** Absolute. */
  runDir: string;
  /** Of a job of a sweep, from 0. */
  job: number | null;
  /** Where configurations that were kept lie, instead of its own: the first is that of the primary. */
  pinned: Pinned | null;
}

export interface Pinned {
  configPath: string | null;
  configDir: string | null;
  searchPath: readonly string[];
}

/**
 * The command of a Hydra application that runs once, in its run directory, whatever its configuration says of modes
 * and directories. Hydra takes its overrides in one row, so ours stand with them.
 */
export function applicationArgv(
  argv: readonly string[],
  { programWords, runDir, job, pinned }: Told,
): string[] {
  const ours = [
    ...(pinned === null || pinned.searchPath.length === 0
      ? []
      : [`hydra.searchpath=[${pinned.searchPath.map((path) => valueText(`file://${path}`)).join(',')}]`]),
    `hydra.run.dir=${valueText(runDir)}`,
    'hydra.mode=RUN',
    ...(job === null ? [] : [`hydra.job.num=${job}`, `hydra.job.id=${job}`]),
  ];
  const words = argv.slice(programWords);
  const read = readFlags(words);
  // What Hydra will refuse it refuses as it was written.
  if (read.kind !== 'flags') return [...argv, ...ours];
  const { flags } = read;
  return [
    ...argv.slice(0, programWords),
    ...writeFlags({
      ...flags,
      run: false,
      multirun: false,
      configPath: pinned?.configPath ?? flags.configPath,
      configDir: pinned === null ? flags.configDir : pinned.configDir,
      overrides: [...flags.overrides, ...ours],
    }),
  ];
}
