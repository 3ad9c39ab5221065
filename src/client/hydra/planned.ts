import { type ConfiguredJob, configure, type InvalidJob, type Origin } from '../../composition/configure.js';
import { type Expansion, firstOf, foreignIn } from '../../composition/expansion.js';
import type { Composed } from '../../hydra/hydra.js';
import { ClientError } from '../errors.js';
import { sweepWords } from './expd-node.js';
import { composing } from './open.js';
import type { Job, Plan, PlanOptions, Words } from './plan.js';
import { problem } from './problem.js';

/** The plan of what was composed. `finish` makes a job's command and flags of its configuration. @throws ClientError */
export function planOf(
  expansion: Expansion,
  origin: Origin,
  finish: (job: ConfiguredJob) => Pick<Job, 'argv' | 'words'>,
  { skipInvalid }: Pick<PlanOptions, 'skipInvalid'>,
): Plan {
  const first = firstOf(expansion);
  return composing(() => {
    const name = nameIn(first);
    const { jobs, invalid, sweep, blobs, notes } = configure(expansion, origin, (job): Job => {
      const { argv, words } = finish(job);
      const { configuration } = job;
      return { argv, words: new Map([...name, ...words]), overrides: configuration.overrides, configuration };
    });
    if (invalid.length > 0 && (!skipInvalid || jobs.length === 0)) throw refusal(invalid, sweep?.jobs ?? 1);
    return {
      jobs,
      sweep: sweep === null ? null : { ...sweep, words: sweepWords(first) },
      blobs,
      notes: [...notes, ...invalid.map(leftOut), ...first.warnings],
    };
  });
}

/** @throws ClientError; `instead`: what to do about another sweeper or launcher */
export function refuseForeign(expansion: Expansion, instead: string): void {
  const foreign = expansion.kind === 'sweep' ? foreignIn(expansion.sweep.master) : null;
  if (foreign === null) return;
  const why =
    foreign.what === 'sweeper' ? 'chooses each job by the results of others' : 'starts the jobs by itself';
  const message = `the configuration has hydra/${foreign.what}: ${foreign.name}, which ${why}`;
  throw new ClientError('usage', message, instead);
}

/** The run is called as Hydra calls the job, unless it is told otherwise. */
function nameIn(composed: Composed): Words {
  const name = composed.select('hydra.job.name');
  const valid = typeof name === 'string' && /^(?![-\d]*$)(?!-)[\w.-]{1,128}$/.test(name);
  return new Map(valid ? [['name', [name]]] : []);
}

/** How many bad jobs a refusal names. */
const NAMED = 20;

function refusal(bad: readonly InvalidJob[], count: number): ClientError {
  const reasons = bad.map(why);
  const [first] = bad;
  // What is wrong with all of them is said once.
  if (first !== undefined && bad.length === count && reasons.every((reason) => reason === reasons[0]))
    return problem(first.error);
  const named = bad
    .slice(0, NAMED)
    .map(({ number, overrides }, n) => `  job ${number} (${overrides.join(' ')}): ${reasons[n]}`);
  const more = bad.length > NAMED ? [`  and ${bad.length - NAMED} more`] : [];
  const all = bad.length === count;
  return new ClientError(
    'config_invalid',
    all
      ? 'no job of the sweep can be composed'
      : `${bad.length} of ${count} jobs cannot be composed, so nothing is queued`,
    all ? '' : 'mend them, or leave them out with --skip-invalid',
    { lines: [...named, ...more] },
  );
}

function why({ error }: InvalidJob): string {
  const { message, hint } = problem(error);
  return `${message}${hint && `; ${hint}`}`;
}

const leftOut = (job: InvalidJob): string =>
  `left out job ${job.number} (${job.overrides.join(' ')}): ${why(job)}`;
