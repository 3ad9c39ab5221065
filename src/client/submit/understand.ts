import {
  type Configuration,
  ConfigurationKind,
  type Submission,
  type SweepHeader,
} from '../../gen/expd/v1/runs.js';
import { read, type Values } from '../arguments.js';
import { ClientError } from '../errors.js';
import { type Job, type Plan, uncomposed, type Words } from '../hydra/plan.js';
import { Planner } from '../hydra/planning.js';
import type { Context } from '../verb.js';
import { Directives } from './directives.js';
import { PLAN_FLAGS, RUN_FLAGS, SWEEP_FLAGS } from './flags.js';
import type { ShellLimits } from './limits.js';
import { type Shell, shellIn, submission, workingDirectory } from './submission.js';

/** What a command line or a line of `submit -` says. */
export interface Asked {
  argv: string[];
  /** Of the project's configuration; null: there is an argv. */
  overrides: string[] | null;
  words: Words;
}

/** What one call sends. */
export interface Call {
  submissions: Submission[];
  /** Absent: each submission is a run by itself. */
  sweep: SweepHeader | undefined;
  blobs: Buffer[];
  /** What is to be said of it before it is sent. */
  notes: string[];
  /** Flags of the first of them, wherever they came from. */
  words: Words;
}

/** Makes calls of what people ask for. What it read of files and shell it keeps. */
export class Understanding {
  readonly #planner: Planner;
  readonly #shell: Shell;
  readonly #directives = new Map<string, Directives>();
  /** By their words: lines mostly have the same flags. */
  readonly #flags = new Map<string, Values<typeof FLAGS>>();
  readonly #ways = new Map<string, Submission>();

  constructor(
    private readonly context: Context,
    limits: ShellLimits,
  ) {
    this.#planner = new Planner(context);
    this.#shell = shellIn(context.cwd(), limits);
  }

  /** @throws ClientError for what cannot be understood, composed or found */
  async of({ argv, overrides, words }: Asked): Promise<Call> {
    const flags = known(this.#flags, words, () => read(FLAGS, words, this.context.now()));
    const cwd = workingDirectory(flags, this.#shell.cwd);
    const plan = await this.#planner.plan({ argv, overrides, flags, cwd, pinned: flags['pin-config'] });
    return this.#call(plan, words, cwd);
  }

  #call({ jobs, sweep, blobs, notes }: Plan, words: Words, cwd: string): Call {
    const submissions = jobs.map((job) => {
      const given = this.#given(job, words, cwd);
      const way = known(this.#ways, given, () => this.#submission(given));
      return { ...way, argv: job.argv, configuration: job.configuration ?? overridesAlone(job) };
    });
    const [first] = jobs;
    const rest = { blobs, notes, words: first === undefined ? words : this.#given(first, words, cwd) };
    if (sweep === null) return { submissions, sweep: undefined, ...rest };
    const values = read(SWEEP_FLAGS, new Map([...sweep.words, ...words]), this.context.now());
    const { name = '', key = '' } = submissions[0] ?? {};
    if (values.missing && key === '')
      throw new ClientError('usage', '--missing adds to the sweep that has a key', 'write --key K beside it');
    const header: SweepHeader = {
      name,
      key,
      experimentId: sharedExperiment(submissions),
      missing: values.missing,
      maxParallel: values['max-parallel'] ?? 0,
      holdAfterFailures: values['hold-after-failures'] ?? 0,
      axes: sweep.axes,
      multirunYaml: sweep.multirunYaml,
      dir: sweep.dir,
    };
    const jobsAlone = submissions.map((each) => ({
      ...each,
      key: '',
      experimentId: header.experimentId === '' ? each.experimentId : '',
    }));
    return { submissions: jobsAlone, sweep: header, ...rest };
  }

  /** The command line wins over the configuration, and that over the head of the script. */
  #given(job: Job, words: Words, cwd: string): Words {
    const directives = this.#directives.get(cwd) ?? new Directives(cwd);
    this.#directives.set(cwd, directives);
    return new Map([...directives.of(job.argv), ...job.words, ...words]);
  }

  #submission(words: Words): Submission {
    return submission([], read(RUN_FLAGS, words, this.context.now()), this.#shell);
  }
}

/** Flags of a sweep beside what is none: never accepted and ignored. `words`: of the command line. @throws ClientError */
export function refuseSweepFlags({ sweep }: Pick<Call, 'sweep'>, words: Words): void {
  const [flag] = sweep === undefined ? Object.keys(SWEEP_FLAGS).filter((name) => words.has(name)) : [];
  if (flag !== undefined)
    throw new ClientError(
      'usage',
      `--${flag} is for a sweep, and this is one run`,
      'sweep with -m: lr=0.1,0.01',
    );
}

const FLAGS = { ...RUN_FLAGS, ...PLAN_FLAGS };

/** What such words mean, which is found out once. */
function known<Meaning>(meanings: Map<string, Meaning>, words: Words, find: () => Meaning): Meaning {
  const key = JSON.stringify([...words]);
  const meaning = meanings.get(key) ?? find();
  meanings.set(key, meaning);
  return meaning;
}

/** What all jobs choose is the sweep's, of which each job has its part; '' where they choose their own, or none. */
function sharedExperiment(submissions: readonly Submission[]): string {
  const [first, ...others] = new Set(submissions.map(({ experimentId }) => experimentId));
  return others.length === 0 ? (first ?? '') : '';
}

/** Of a job of a sweep over the words of a command, whose configuration nobody knows. */
const overridesAlone = ({ overrides }: Job): Configuration | undefined =>
  overrides.length === 0
    ? undefined
    : uncomposed(ConfigurationKind.CONFIGURATION_KIND_UNSPECIFIED, overrides);
