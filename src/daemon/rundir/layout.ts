import { isAbsolute, join } from 'node:path';
import { Dict, HydraError, textAt, type Value } from '../../hydra/hydra.js';
import { UserError } from '../errors.js';

/** Where run directories go, as data: conf/layout/<name>.yaml. */
export interface Layout {
  name: string;
  /** `run.dir`, `job.dir` and `sweep.dir` with their interpolations, relative to the project or absolute. */
  paths: Dict<Value>;
  /** Whether each attempt gets a directory of its own, or all attempts of a run share one. */
  per: 'attempt' | 'run';
}

/** What a path may name. An empty string means: has no value. */
export interface LayoutValues {
  /** For `${now:…}`, in milliseconds since the epoch: of the attempt's start (`per: attempt`) or of the submission. */
  now: number;
  name: string;
  /** Number of a sweep's job. */
  job: string;
  attempt: string;
  run_id: string;
  ulid: string;
  git: string;
  experiment_id: string;
  sweep: string;
}

/** Leaves room below NAME_MAX (255 bytes) for `_<number>`. */
const COMPONENT_BYTES = 240;

/** Absolute path of the run directory that a layout asks for; taken names get a suffix elsewhere. Pure. */
export const runDirectoryPath = (layout: Layout, project: string, values: LayoutValues): string =>
  pathAt(layout, values.job === '' ? 'run' : 'job', project, values);

/** Absolute path of a sweep's directory. Pure. */
export const sweepDirectoryPath = (layout: Layout, project: string, values: LayoutValues): string =>
  pathAt(layout, 'sweep', project, values);

/** A project's own directory, in which only the time is open. Pure. */
export const ownDirectoryPath = (pattern: string, now: number): string =>
  bounded(textAt(Dict.from([['dir', pattern]]), 'dir', { env: {}, now: () => now }), '/');

/** @throws UserError naming what is wrong with a layout. */
export function checkLayout(layout: Layout): Layout {
  for (const which of ['run', 'job', 'sweep'] as const) {
    const [one, other] = SAMPLES.map((values) => textOf(layout, which, values));
    if (one === other) throw refused(layout, `${which}.dir names nothing that tells one from another`);
    if (one?.split('/').some((part) => part === '.' || part === '..'))
      throw refused(layout, `${which}.dir must not have . or ..`);
  }
  return layout;
}

type Which = 'run' | 'job' | 'sweep';

const pathAt = (layout: Layout, which: Which, project: string, values: LayoutValues): string =>
  bounded(textOf(layout, which, values), project);

function textOf(layout: Layout, which: Which, { now, ...variables }: LayoutValues): string {
  const values = Dict.from<Value>([
    ['layout', layout.paths],
    ...Object.entries(variables).map(([key, value]): [string, Value] => [key, component(value)]),
  ]);
  try {
    return textAt(values, `layout.${which}.dir`, { env: {}, now: () => now });
  } catch (error) {
    if (error instanceof HydraError) throw refused(layout, `${which}.dir: ${error.message}`);
    throw error;
  }
}

const refused = ({ name }: Layout, why: string): UserError =>
  new UserError(
    'usage',
    `layout ${name}: ${why}`,
    'it may name: now name job attempt run_id ulid git experiment_id sweep',
  );

/** A value never makes directories of its own, nor means something to whoever reads it. */
const component = (value: string): string => value.replace(/[/\0$]/g, '_');

function bounded(path: string, project: string): string {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(cut);
  return isAbsolute(path) ? `/${parts.join('/')}` : join(project, ...parts);
}

function cut(part: string): string {
  if (part === '.' || part === '..') return '_'.repeat(part.length);
  let kept = part;
  while (Buffer.byteLength(kept) > COMPONENT_BYTES) kept = [...kept].slice(0, -1).join('');
  return kept;
}

const sample = (letter: string, now: number): LayoutValues => ({
  now,
  name: letter,
  job: letter,
  attempt: letter,
  run_id: letter,
  ulid: letter,
  git: letter,
  experiment_id: letter,
  sweep: letter,
});

const SAMPLES = [sample('a', 0), sample('b', Date.UTC(2001, 2, 3, 4, 5, 6))];
