import { readFloat } from '../python/number.js';
import { Dict } from '../value.js';
import { type Cast, castBool, castFloat, castInt, castString } from './casts.js';
import { Choice, type Element, Glob, Interval, isSweep, type Numeric, Quoted, Range } from './element.js';
import { shuffled, sorted } from './order.js';
import { Refusal } from './refusal.js';

// The functions of the override language.
// https://hydra.cc/docs/1.3/advanced/override_grammar/extended

/**
 * Calls a function with the arguments as they were parsed. What it refuses is thrown through `complain`, which knows
 * where the call stands.
 */
export function call(
  name: string,
  positional: readonly Element[],
  named: ReadonlyMap<string, Element>,
  complain: (message: string) => Error,
): Element {
  const known = FUNCTIONS[name];
  if (known === undefined)
    throw complain(`there is no such function; there are ${Object.keys(FUNCTIONS).sort().join(', ')}`);
  try {
    return known.run(bind(known, positional.map(withoutQuotes), named));
  } catch (error) {
    throw error instanceof Refusal ? complain(error.message) : error;
  }
}

interface Parameter {
  accepts: (element: Element) => boolean;
  what: string;
  required?: true;
}

interface Definition {
  /** By position or by name. */
  parameters?: Readonly<Record<string, Parameter>>;
  /** Any number of others, by position. */
  rest?: Parameter;
  /** By name only. */
  named?: Readonly<Record<string, Parameter>>;
  run: (given: Arguments) => Element;
}

interface Arguments {
  rest: readonly Element[];
  named: ReadonlyMap<string, Element>;
}

const withoutQuotes = (element: Element): Element => (element instanceof Quoted ? element.text : element);

function bind(
  definition: Definition,
  positional: readonly Element[],
  named: ReadonlyMap<string, Element>,
): Arguments {
  const parameters = Object.entries(definition.parameters ?? {});
  const bound = new Map<string, Element>();
  const rest: Element[] = [];
  for (const [index, value] of positional.entries()) {
    const parameter = parameters[index];
    if (parameter !== undefined) bound.set(parameter[0], checked(parameter[0], parameter[1], value));
    else if (definition.rest !== undefined)
      rest.push(checked(`argument ${index + 1}`, definition.rest, value));
    else throw new Refusal(`takes at most ${parameters.length} arguments`);
  }
  const byName = { ...definition.parameters, ...definition.named };
  for (const [name, value] of named) {
    const parameter = byName[name];
    if (parameter === undefined) throw new Refusal(`has no argument named ${name}`);
    if (bound.has(name)) throw new Refusal(`${name} is given twice`);
    bound.set(name, checked(name, parameter, withoutQuotes(value)));
  }
  for (const [name, { required }] of parameters)
    if (required && !bound.has(name)) throw new Refusal(`${name} is missing`);
  return { rest, named: bound };
}

function checked(name: string, { accepts, what }: Parameter, value: Element): Element {
  if (!accepts(value)) throw new Refusal(`${name} must be ${what}`);
  return value;
}

const isNumber = (element: Element): element is Numeric =>
  typeof element === 'bigint' || typeof element === 'number' || typeof element === 'boolean';
const isPlain = (element: Element): boolean => typeof element === 'string' || isNumber(element);
const isData = (element: Element): boolean =>
  isPlain(element) || Array.isArray(element) || element instanceof Dict;
const isEnumerable = (element: Element): element is Choice | Range =>
  element instanceof Choice || element instanceof Range;

const ANY: Parameter = { accepts: (element) => !(element instanceof Glob), what: 'a value or a sweep' };
const NUMBER: Parameter = { accepts: isNumber, what: 'a number' };
const OPTIONAL_NUMBER: Parameter = {
  accepts: (element) => element === null || isNumber(element),
  what: 'a number',
};
const LIST: Parameter = { accepts: (element) => element === null || Array.isArray(element), what: 'a list' };
const SWEEP: Parameter = {
  accepts: (element) => element === null || isEnumerable(element),
  what: 'a choice or a range',
};
const PATTERNS: Parameter = {
  accepts: (element) => typeof element === 'string' || Array.isArray(element),
  what: 'a pattern or a list of patterns',
};
const ORDERABLE: Parameter = {
  accepts: (element) => isData(element) || isEnumerable(element),
  what: 'a value, a choice or a range',
};

const cast = (convert: Cast): Definition => ({
  rest: ANY,
  named: { value: ANY },
  run: ({ rest, named }) => {
    const value = named.get('value') ?? null;
    if (rest.length > 0 && value !== null)
      throw new Refusal('takes its value by position or by name, not both');
    if (value !== null) return convert(value);
    if (rest.length === 0) throw new Refusal('needs a value');
    return convert(rest.length === 1 ? (rest[0] ?? null) : new Choice(rest, true));
  },
});

const FUNCTIONS: Readonly<Record<string, Definition>> = {
  int: cast(castInt),
  float: cast(castFloat),
  str: cast(castString),
  bool: cast(castBool),
  choice: {
    rest: {
      accepts: (element) => isData(element) || element instanceof Choice,
      what: 'a value (quote null)',
    },
    run: ({ rest }) => choice(rest),
  },
  range: {
    parameters: { start: { ...NUMBER, required: true }, stop: OPTIONAL_NUMBER, step: NUMBER },
    run: ({ named }) => range(named),
  },
  interval: {
    parameters: { start: { ...NUMBER, required: true }, end: { ...NUMBER, required: true } },
    run: ({ named }) => new Interval(float(named.get('start')), float(named.get('end'))),
  },
  glob: {
    parameters: {
      include: { ...PATTERNS, required: true },
      exclude: { ...PATTERNS, accepts: (element) => element === null || PATTERNS.accepts(element) },
    },
    run: ({ named }) => new Glob(patterns(named.get('include')), patterns(named.get('exclude'))),
  },
  tag: {
    rest: { accepts: (element) => typeof element === 'string' || isSweep(element), what: 'text or a sweep' },
    named: { sweep: { accepts: (element) => element === null || isSweep(element), what: 'a sweep' } },
    run: ({ rest, named }) => tag([...rest, ...present(named.get('sweep'))], rest.length),
  },
  shuffle: {
    rest: ORDERABLE,
    named: { sweep: SWEEP, list: LIST },
    run: ({ rest, named }) =>
      shuffle([...present(named.get('list') ?? named.get('sweep')), ...rest], named.size > 0),
  },
  sort: {
    rest: ORDERABLE,
    named: {
      sweep: SWEEP,
      list: LIST,
      reverse: { accepts: (element) => typeof element === 'boolean', what: 'true or false' },
    },
    run: ({ rest, named }) => {
      const given = named.get('list') ?? named.get('sweep') ?? null;
      return sort(given === null ? rest : [given], named.get('reverse') === true);
    },
  },
};

const present = (element: Element | undefined): Element[] => (element == null ? [] : [element]);

function choice(items: readonly Element[]): Choice {
  const [first] = items;
  if (first === undefined) throw new Refusal('needs something to choose from');
  if (items.length > 1 || !(first instanceof Choice)) return new Choice(items, false);
  if (!first.simple) throw new Refusal('a choice cannot be nested in a choice');
  return new Choice(first.items, false, first.shuffled, first.tags);
}

function range(named: ReadonlyMap<string, Element>): Range {
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => named.get(name) ?? null);
  const by = isNumber(step ?? null) ? (step as Numeric) : 1n;
  if (isNumber(stop ?? null)) return new Range(start as Numeric, stop as Numeric, by);
  return new Range(0n, start as Numeric, by);
}

const float = (element: Element | undefined): number =>
  typeof element === 'string' ? (readFloat(element) ?? Number.NaN) : Number(element);

function patterns(element: Element | undefined): Element[] {
  if (element == null) return [];
  return Array.isArray(element) ? element.map(withoutQuotes) : [element];
}

function tag(items: readonly Element[], positional: number): Element {
  if (positional < 1) throw new Refusal('needs a sweep');
  const sweep = items.at(-1) ?? null;
  if (!isSweep(sweep)) throw new Refusal('the last argument must be a choice, a range or an interval');
  const tags = new Set<string>();
  for (const item of items.slice(0, -1)) {
    if (typeof item !== 'string') throw new Refusal('a tag must be text');
    tags.add(item);
  }
  if (sweep instanceof Interval) return new Interval(sweep.start, sweep.end, tags);
  return sweep instanceof Range
    ? new Range(sweep.start, sweep.stop, sweep.step, sweep.shuffled, tags)
    : new Choice(sweep.items, sweep.simple, sweep.shuffled, tags);
}

function shuffle(items: readonly Element[], byName: boolean): Element {
  const [first = null] = items;
  if (items.length !== 1 && !byName) {
    if (items.some(isSweep)) throw new Refusal('shuffles one sweep, or values');
    return new Choice(items, true, true);
  }
  if (first instanceof Choice) return new Choice(first.items, first.simple, true, first.tags);
  if (first instanceof Range) return new Range(first.start, first.stop, first.step, true, first.tags);
  return Array.isArray(first) ? shuffled(first) : [first];
}

function sort(items: readonly Element[], reverse: boolean): Element {
  const [first] = items;
  if (first === undefined) throw new Refusal('needs something to sort');
  if (items.length > 1) {
    if (!items.every(isPlain)) throw new Refusal('sorts numbers or text');
    return new Choice(sorted(items, reverse), true);
  }
  if (first instanceof Choice)
    return new Choice(sorted(first.items, reverse), first.simple, first.shuffled, first.tags);
  if (first instanceof Range) return sortedRange(first, reverse);
  return Array.isArray(first) ? sorted(first, reverse) : first;
}

/** Walked from the other end; downwards one step too far at both ends, as Hydra does it. */
function sortedRange(range: Range, reverse: boolean): Range {
  const { start, stop, step } = range;
  if (reverse ? !(start < stop) : !(start > stop)) return range;
  const size = absolute(step);
  const shift = reverse ? negated(size) : size;
  return new Range(sum(stop, shift), sum(start, shift), negated(step), range.shuffled, range.tags);
}

const integer = (value: Numeric): value is bigint | boolean => typeof value !== 'number';
const sum = (a: Numeric, b: Numeric): Numeric =>
  integer(a) && integer(b) ? BigInt(a) + BigInt(b) : Number(a) + Number(b);
const negated = (value: Numeric): Numeric => (integer(value) ? -BigInt(value) : -value);
const absolute = (value: Numeric): Numeric => (Number(value) < 0 ? negated(value) : sum(value, 0n));
