/** Several runs from one submission, and the rules that hold for all of them. Times in Unix ms. */
export interface Sweep {
  id: number;
  ulid: string;
  name: string;
  key: string | null;
  project: string;
  /** Jobs that chose none have `<this>_job<N>`. */
  experimentId: string;
  /** Somebody chose that, so what stands in its place was asked for. */
  experimentChosen: boolean;
  submittedAt: number;
  /** Jobs that were ever made: the number of the next one. */
  made: number;
  /** Id of its first job: its place among the runs. */
  firstRunId: number;
  /** Jobs at a time; 0 = no limit. */
  maxParallel: number;
  /** Failed jobs after which the rest is held; 0 = never. */
  holdAfterFailures: number;
  /** Jobs that failed finally, since somebody last let the rest go on. */
  failures: number;
  /** What it goes over, in words: `lr × seed`. */
  axes: string;
  /** sha256 of the stored multirun.yaml; null: the command has no configuration. */
  multirunSha: string | null;
  /** A project's own `hydra.sweep.dir`; null: the layout's. */
  ownDir: string | null;
  /** Where multirun.yaml, runs_index.json and runptrs/ lie; null: not made yet. */
  dir: string | null;
  /** When the last of its jobs became final; null while one is not. */
  endedAt: number | null;
}

/** A run's place in its sweep; jobs are numbered from 0. */
export interface Job {
  sweep: number;
  number: number;
}

export const jobName = ({ sweep, number }: Job): string => `s${sweep}.${number}`;

/** So many jobs have failed that nothing more of it starts until somebody lets it. */
export const isTripped = ({
  failures,
  holdAfterFailures,
}: Pick<Sweep, 'failures' | 'holdAfterFailures'>): boolean =>
  holdAfterFailures > 0 && failures >= holdAfterFailures;

export const heldForFailures = ({ id, failures }: Pick<Sweep, 'id' | 'failures'>) => ({
  code: 'sweep_failures' as const,
  text: `${failures} ${failures === 1 ? 'job' : 'jobs'} of sweep s${id} ${failures === 1 ? 'has' : 'have'} failed`,
});
