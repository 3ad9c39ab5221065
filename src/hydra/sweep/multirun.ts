import type { Composer, Composition, Request, Standing } from '../compose/composer.js';
import { contentOf } from '../config/argument.js';
import { resolvedContent } from '../config/content.js';
import { assign } from '../config/merge.js';
import { type Container, children, DictNode } from '../config/node.js';
import { HydraError } from '../errors.js';
import { parseOverrides } from '../override/override.js';
import { str } from '../python/text.js';
import { Dict, isList, type Value } from '../value.js';
import { type Axis, axesOf, batchSizes, countJobs, type GroupOptions, jobOverrides } from './axes.js';

/** The plan of a multirun: nothing has been started, no job has been composed. */
export interface Multirun {
  /** The configuration that the jobs start from; what `multirun.yaml` holds. */
  master: Composition;
  /** Overrides of Hydra itself, which all jobs have. */
  hydra: readonly string[];
  axes: readonly Axis[];
  jobs: number;
  /** Sizes of the batches in order. */
  batches: readonly number[];
}

export interface Job {
  number: number;
  /** Of the task alone. */
  overrides: readonly string[];
  composition: Composition;
}

/** Expands a multirun. `limit`: how many jobs it may have. */
export function planMultirun(
  composer: Composer,
  request: Omit<Request, 'mode'>,
  options: GroupOptions,
  limit: number,
): Multirun {
  const master = composer.compose({ ...request, mode: 'MULTIRUN' });
  const sweeper = sweeperOf(master);
  const axes = axesOf(parseOverrides([...sweeper.params, ...wordsIn(master, 'task')]), options, limit);
  const jobs = countJobs(axes, limit);
  const hydra = wordsIn(master, 'hydra');
  return { master, hydra, axes, jobs, batches: batchSizes(jobs, sweeper.maxBatchSize) };
}

/** Overrides as the hydra node lists them: a file may have put some before those of the command line. */
function wordsIn({ root }: Composition, which: 'task' | 'hydra'): string[] {
  const overrides = at(root, 'hydra', 'overrides');
  const list = overrides instanceof DictNode ? children(overrides)?.get(which) : undefined;
  const words = list === undefined ? [] : contentOf(list);
  return isList(words) ? words.map(str) : [];
}

/** What `hydra.sweeper` says; it is read from the master alone, so the choices of a job change nothing. */
function sweeperOf({ root, resolution }: Composition): { params: string[]; maxBatchSize: number | null } {
  const node = at(root, 'hydra', 'sweeper');
  if (node === null)
    throw new HydraError('MissingMandatoryValue', 'Missing mandatory value: hydra.sweeper', {
      hint: '~hydra/sweeper leaves none that could expand a sweep',
    });
  const sweeper = resolvedContent(node, resolution);
  const read = (key: string): Value => (sweeper instanceof Dict ? (sweeper.get(key) ?? null) : null);
  const [params, size] = [read('params'), read('max_batch_size')];
  return {
    params: params instanceof Dict ? [...params].map(([key, value]) => `${str(key)}=${str(value)}`) : [],
    maxBatchSize: typeof size === 'bigint' ? Number(size) : null,
  };
}

/** Composes one job: the master's overrides of Hydra itself and the job's own; times are those of the master. */
export function composeJob(
  composer: Composer,
  request: Omit<Request, 'mode' | 'overrides'>,
  plan: Multirun,
  number: number,
): Job {
  const overrides = jobOverrides(plan.axes, number);
  const composition = composer.compose({ ...request, overrides: wordsOf(plan, number), mode: 'RUN' });
  for (const [key, value] of plan.master.resolution.cache) composition.resolution.cache.set(key, value);
  numberJob(composition, number);
  return { number, overrides, composition };
}

/** The job's configuration, without the hydra node where that says nothing that it refers to. */
export function composeJobAlone(
  composer: Composer,
  request: Omit<Request, 'mode' | 'overrides'>,
  plan: Multirun,
  number: number,
): Standing {
  const overrides = wordsOf(plan, number);
  const alone = composer.composeJob({ config: request.config, overrides, mode: 'RUN' });
  return alone ?? composeJob(composer, request, plan, number).composition;
}

/** Jobs with the same answer have the same hydra node, but for what names the job. */
export const jobVariant = (
  composer: Composer,
  { config }: Omit<Request, 'mode' | 'overrides'>,
  plan: Multirun,
  number: number,
): string => composer.variant({ config, overrides: wordsOf(plan, number), mode: 'RUN' });

/** What a job is composed from: overrides of Hydra itself, then its own. */
const wordsOf = ({ hydra, axes }: Multirun, number: number): string[] => [
  ...hydra,
  ...jobOverrides(axes, number),
];

/** Says in the hydra node which job of a sweep this is. */
export function numberJob({ root }: Composition, number: number): void {
  const job = at(root, 'hydra', 'job');
  if (!(job instanceof DictNode)) return;
  assign(job, 'id', BigInt(number), { open: job });
  assign(job, 'num', BigInt(number), { open: job });
}

function at(root: Container, ...keys: readonly string[]): Container | null {
  let node: Container = root;
  for (const key of keys) {
    const next = node instanceof DictNode ? children(node)?.get(key) : undefined;
    if (!(next instanceof DictNode)) return null;
    node = next;
  }
  return node;
}
