import { HydraError } from '../errors.js';
import { str } from '../python/text.js';
import { Dict, type Key, type Value } from '../value.js';
import { escaped, quotedText } from './quoting.js';

/** What the right side of an override says; text in quotes remembers them, for it is written again for the jobs of a sweep. */
export type Element =
  | null
  | boolean
  | bigint
  | number
  | string
  | Quoted
  | Element[]
  | Dict<Element>
  | Sweep
  | Glob;

export class Quoted {
  constructor(
    readonly text: string,
    readonly quote: "'" | '"',
  ) {}
}

export type Sweep = Choice | Range | Interval;

/** `a,b` (simple) or `choice(a,b)`. */
export class Choice {
  constructor(
    readonly items: readonly Element[],
    readonly simple: boolean,
    readonly shuffled = false,
    readonly tags: ReadonlySet<string> = new Set(),
  ) {}
}

/** Half open, as Python's range; `true` counts as 1. */
export class Range {
  constructor(
    readonly start: Numeric,
    readonly stop: Numeric,
    readonly step: Numeric,
    readonly shuffled = false,
    readonly tags: ReadonlySet<string> = new Set(),
  ) {}
}

export type Numeric = bigint | number | boolean;

/** Continuous: for sweepers that sample. */
export class Interval {
  constructor(
    readonly start: Numeric | string,
    readonly end: Numeric | string,
    readonly tags: ReadonlySet<string> = new Set(),
  ) {}
}

/** Options of the group that is overridden, by shell patterns. */
export class Glob {
  constructor(
    readonly include: readonly Element[],
    readonly exclude: readonly Element[],
  ) {}
}

export const isSweep = (element: Element): element is Sweep =>
  element instanceof Choice || element instanceof Range || element instanceof Interval;

/** What a configuration takes: quotes dropped. Sweeps nested in a list or mapping are no values. */
export function elementValue(element: Element): Value {
  if (element instanceof Quoted) return element.text;
  if (Array.isArray(element)) return element.map(elementValue);
  if (element instanceof Dict)
    return Dict.from(Array.from(element, ([key, value]): [Key, Value] => [key, elementValue(value)]));
  if (element instanceof Glob) return elementValue(globFields(element));
  if (isSweep(element)) throw nested();
  return element;
}

/** Within a value a glob is no sweep but what it consists of. */
const globFields = ({ include, exclude }: Glob): Dict<Element> =>
  Dict.from<Element>([
    ['include', [...include]],
    ['exclude', [...exclude]],
  ]);

const nested = (): HydraError =>
  new HydraError('ValidationError', 'a sweep cannot stand within a list, a mapping or a choice');

/** As it is written for the jobs of a sweep: no blanks after commas, special characters escaped, `True` and `1e-05`. */
export function elementText(element: Element): string {
  if (element === null) return 'null';
  if (element instanceof Quoted) return quotedText(element.text, element.quote);
  if (Array.isArray(element)) return `[${element.map(elementText).join(',')}]`;
  if (element instanceof Dict)
    return `{${Array.from(element, ([key, value]) => `${keyText(key)}:${elementText(value)}`).join(',')}}`;
  if (typeof element === 'string') return escaped(element);
  if (element instanceof Glob) return elementText(globFields(element));
  if (isSweep(element)) throw nested();
  return str(element);
}

const keyText = (key: Key): string =>
  key === null ? 'null' : typeof key === 'string' ? escaped(key) : str(key);
