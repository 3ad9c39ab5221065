import { readFloat, readInt } from '../python/number.js';
import { str } from '../python/text.js';
import { Dict } from '../value.js';
import { Choice, type Element, Glob, Interval, type Numeric, Quoted, Range } from './element.js';
import { Refusal } from './refusal.js';

/** Casts reach into lists, the values of mappings, and what sweeps choose from. */
export type Cast = (element: Element) => Element;

export const castInt: Cast = (element) => within(element, castInt, toInt);
export const castFloat: Cast = (element) => within(element, castFloat, toFloat);
export const castString: Cast = (element) => within(element, castString, toText);
export const castBool: Cast = (element) => within(element, castBool, toBool);

type Single = (element: null | boolean | bigint | number | string) => boolean | bigint | number | string;

function within(element: Element, cast: Cast, single: Single): Element {
  if (element instanceof Quoted) return cast(element.text);
  if (Array.isArray(element)) return element.map(cast);
  if (element instanceof Dict)
    return Dict.from(Array.from(element, ([key, value]) => [key, cast(value)] as const));
  if (element instanceof Choice) return castChoice(element, cast);
  if (element instanceof Range) return castRange(element, single);
  if (element instanceof Interval) return castInterval(element, single);
  if (element instanceof Glob) throw new Refusal('a glob cannot be cast');
  return single(element);
}

function castChoice(choice: Choice, cast: Cast): Choice {
  const items = choice.items.map(cast);
  if (items.some((item) => item instanceof Choice || item instanceof Range || item instanceof Interval))
    throw new Refusal('a sweep within a choice cannot be cast');
  return new Choice(items, choice.simple);
}

function castRange({ start, stop, step }: Range, single: Single): Range {
  if (single !== toInt && single !== toFloat) throw new Refusal('a range can be cast to int or float only');
  return new Range(numeric(single(start)), numeric(single(stop)), numeric(single(step)));
}

function castInterval({ start, end, tags }: Interval, single: Single): Interval {
  if (single !== toInt && single !== toFloat)
    throw new Refusal('an interval can be cast to int or float only');
  return new Interval(numeric(single(start)), numeric(single(end)), tags);
}

const numeric = (value: boolean | bigint | number | string): Numeric =>
  typeof value === 'string' ? Number(value) : value;

const toInt: Single = (value) => {
  if (value === null) throw new Refusal('null is no number');
  if (typeof value === 'string') return readInt(value) ?? refuse(`${JSON.stringify(value)} is no integer`);
  if (typeof value !== 'number') return BigInt(value);
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : refuse(`${str(value)} is no integer`);
};

const toFloat: Single = (value) => {
  if (value === null) throw new Refusal('null is no number');
  if (typeof value === 'string') return readFloat(value) ?? refuse(`${JSON.stringify(value)} is no number`);
  const float = Number(value);
  return typeof value === 'bigint' && !Number.isFinite(float) ? refuse('too large for a float') : float;
};

const toText: Single = (value) => {
  if (value === null) throw new Refusal('null cannot be cast to str');
  return typeof value === 'boolean' ? String(value) : str(value);
};

const toBool: Single = (value) => {
  // NaN is not zero.
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return Boolean(value);
  const lower = value.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  return refuse(`${JSON.stringify(value)} is neither true nor false`);
};

function refuse(message: string): never {
  throw new Refusal(message);
}
