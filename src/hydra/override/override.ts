import { HydraError } from '../errors.js';
import type { Value } from '../value.js';
import {
  Choice,
  type Element,
  elementText,
  elementValue,
  Glob,
  Interval,
  isSweep,
  Range,
} from './element.js';
import { parseOverride } from './grammar.js';

/** One word of the command line: `a.b=1`, `+db=mysql`, `++a=1`, `~a`, `~a=1`. */
export interface Override {
  /** The word as it was given. */
  input: string;
  operation: 'change' | 'add' | 'forceAdd' | 'delete';
  /** A dotted path, or a group if there is one of this name. */
  key: string;
  /** What stands behind `@`. */
  package: string | null;
  /** undefined: `~key` without a value. */
  value: Element | undefined;
}

const PREFIX = { change: '', add: '+', forceAdd: '++', delete: '~' } as const;

/** Parses the words of a command line; OverrideParseException names the word and the place in it. */
export const parseOverrides = (words: readonly string[]): Override[] => words.map(parse);

function parse(word: string): Override {
  try {
    return parseOverride(word);
  } catch (error) {
    if (!(error instanceof HydraError)) throw error;
    throw new HydraError('OverrideParseException', `cannot read the override '${word}': ${error.message}`, {
      ...error.details,
      source: error.details.source ?? word,
      cause: error,
    });
  }
}

/** The left side with its prefix: `+group@package`. */
export const keyElement = (override: Override): string =>
  PREFIX[override.operation] + override.key + (override.package === null ? '' : `@${override.package}`);

export const isSweepOverride = ({ value }: Override): boolean =>
  value !== undefined && (isSweep(value) || value instanceof Glob);

/** About the hydra node, not about the application's own configuration. */
export const isHydraOverride = ({ key }: Override): boolean =>
  key.startsWith('hydra.') || key.startsWith('hydra/');

export type ValueKind =
  | 'ELEMENT'
  | 'CHOICE_SWEEP'
  | 'GLOB_CHOICE_SWEEP'
  | 'SIMPLE_CHOICE_SWEEP'
  | 'RANGE_SWEEP'
  | 'INTERVAL_SWEEP';

/** null: no value. */
export function valueKind({ value }: Override): ValueKind | null {
  if (value === undefined) return null;
  if (value instanceof Choice) return value.simple ? 'SIMPLE_CHOICE_SWEEP' : 'CHOICE_SWEEP';
  if (value instanceof Glob) return 'GLOB_CHOICE_SWEEP';
  if (value instanceof Range) return 'RANGE_SWEEP';
  return value instanceof Interval ? 'INTERVAL_SWEEP' : 'ELEMENT';
}

/** What the configuration takes; null where there is none. Not for sweeps. */
export const overrideValue = ({ value }: Override): Value => elementValue(value ?? null);

/** The right side as it is written for the jobs of a sweep. */
export const overrideText = ({ value }: Override): string => elementText(value ?? null);
