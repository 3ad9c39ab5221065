import { isAbsolute, join } from 'node:path';
import { UserError } from '../errors.js';

/** Where run directories go, as data: conf/layout/<name>.yaml. */
export interface Layout {
  name: string;
  /** Relative to the project, or absolute. `{variable}`, `{now:%Y-%m-%d}`, `[left out when a variable in it is empty]`. */
  runDir: string;
  /** Whether each attempt gets a directory of its own, or all attempts of a run share one. */
  per: 'attempt' | 'run';
}

/** What a template may name. An empty string means: has no value. */
export interface LayoutValues {
  /** Local time: of the attempt's start (`per: attempt`) or of the submission (`per: run`). */
  now: Date;
  name: string;
  job: string;
  attempt: string;
  run_id: string;
  ulid: string;
  git: string;
  experiment_id: string;
  sweep: string;
}

const VARIABLES: readonly (keyof LayoutValues)[] = [
  'now',
  'name',
  'job',
  'attempt',
  'run_id',
  'ulid',
  'git',
  'experiment_id',
  'sweep',
];

const DEFAULT_TIME = '%Y%m%d-%H%M%S';
const VARIABLE = /\{([a-z_]+)(?::([^{}]*))?\}/g;
/** Leaves room below NAME_MAX (255 bytes) for `_<number>`. */
const COMPONENT_BYTES = 240;

/** Absolute path of the run directory that a layout asks for; taken names get a suffix elsewhere. Pure. */
export function runDirectoryPath(layout: Layout, project: string, values: LayoutValues): string {
  const filled = layout.runDir
    .replace(/\[([^[\]]*)\]/g, (_, part: string) =>
      names(part).every((name) => has(values, name)) ? part : '',
    )
    .replace(VARIABLE, (_, name: string, format: string | undefined) =>
      name === 'now' ? strftime(values.now, format ?? DEFAULT_TIME) : component(plain(values, name)),
    );
  const parts = filled
    .split('/')
    .filter((part) => part !== '')
    .map(bounded);
  return isAbsolute(filled) ? `/${parts.join('/')}` : join(project, ...parts);
}

/** @throws UserError naming what is wrong with a template. */
export function checkLayout(layout: Layout): Layout {
  const unknown = names(layout.runDir).find((name) => !VARIABLES.includes(name as keyof LayoutValues));
  if (unknown !== undefined)
    throw new UserError(
      'usage',
      `layout ${layout.name} names {${unknown}}`,
      `it may name: ${VARIABLES.join(' ')}`,
    );
  if (/[{}[\]]/.test(layout.runDir.replace(VARIABLE, '').replace(/\[([^[\]]*)\]/g, '$1')))
    throw new UserError('usage', `layout ${layout.name}: a bracket in run_dir is not closed`);
  if (
    layout.runDir.split('/').some((part) => part === '.' || part === '..') ||
    names(layout.runDir).length === 0
  )
    throw new UserError('usage', `layout ${layout.name}: run_dir must name a variable and no . or ..`);
  return layout;
}

const names = (template: string): string[] => [...template.matchAll(VARIABLE)].map((match) => match[1]!);
const has = (values: LayoutValues, name: string): boolean => name === 'now' || plain(values, name) !== '';
const plain = (values: LayoutValues, name: string): string =>
  String(values[name as Exclude<keyof LayoutValues, 'now'>] ?? '');
/** A value never makes directories of its own. */
const component = (value: string): string => value.replace(/[/\0]/g, '_');

function bounded(part: string): string {
  if (part === '.' || part === '..') return '_'.repeat(part.length);
  let cut = part;
  while (Buffer.byteLength(cut) > COMPONENT_BYTES) cut = [...cut].slice(0, -1).join('');
  return cut;
}

function strftime(at: Date, format: string): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const fields: Readonly<Record<string, string>> = {
    Y: String(at.getFullYear()),
    m: two(at.getMonth() + 1),
    d: two(at.getDate()),
    H: two(at.getHours()),
    M: two(at.getMinutes()),
    S: two(at.getSeconds()),
    '%': '%',
  };
  return component(format.replace(/%(.)/g, (whole, field: string) => fields[field] ?? whole));
}
