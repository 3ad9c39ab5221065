import { HydraError } from '../errors.js';
import { Decimal } from '../python/decimal.js';
import { fnmatch } from '../python/fnmatch.js';
import { Choice, type Element, elementText, Glob, type Numeric, Range } from './element.js';
import { shuffled } from './order.js';
import { type Override, valueKind } from './override.js';

/** What a sweep goes through, one after the other. `options`: those of the group that the override names. */
export function* sweepElements(override: Override, options: () => readonly string[]): Generator<Element> {
  const { value } = override;
  if (value instanceof Choice) yield* value.shuffled ? shuffled(value.items) : value.items;
  else if (value instanceof Range)
    yield* value.shuffled ? shuffled([...rangeItems(value)]) : rangeItems(value);
  else if (value instanceof Glob) yield* globbed(value, options());
  else
    throw new HydraError(
      'HydraException',
      `'${override.input}' cannot be gone through one by one (${valueKind(override) ?? 'no value'})`,
    );
}

/** The same as they are written in overrides. */
export function* sweepTexts(override: Override, options: () => readonly string[]): Generator<string> {
  // The names of options are taken as they are.
  if (override.value instanceof Glob) yield* globbed(override.value, options());
  else for (const element of sweepElements(override, options)) yield elementText(element);
}

function globbed({ include, exclude }: Glob, options: readonly string[]): string[] {
  const matches = (patterns: readonly Element[]) => (option: string) =>
    patterns.some((pattern) => typeof pattern === 'string' && fnmatch(option, pattern));
  const [included, excluded] = [matches(include), matches(exclude)];
  return options.filter((option) => included(option) && !excluded(option));
}

function rangeItems({ start, stop, step }: Range): Iterable<bigint | number> {
  return isWhole(start) && isWhole(stop) && isWhole(step)
    ? wholeRange(BigInt(start), BigInt(stop), BigInt(step))
    : floatRange(start, stop, step);
}

const isWhole = (value: Numeric): value is bigint | boolean => typeof value !== 'number';

function* wholeRange(start: bigint, stop: bigint, step: bigint): Generator<bigint> {
  if (step === 0n) throw stepless();
  for (let at = start; step > 0n ? at < stop : at > stop; at += step) yield at;
}

/** Python's decimal arithmetic on the exact values, so that errors of rounding do not add up. */
function* floatRange(start: Numeric, stop: Numeric, step: Numeric): Generator<number> {
  const bounds = [start, stop, step].map(Number);
  if (!bounds.every(Number.isFinite))
    throw new HydraError('ValueError', 'the bounds and the step of a range must be finite');
  const by = decimal(step);
  const direction = by.compare(Decimal.from(0n));
  if (direction === 0) throw stepless();
  const end = decimal(stop);
  for (let at = decimal(start); at.compare(end) * direction < 0; at = at.plus(by)) yield at.toNumber();
}

const decimal = (value: Numeric): Decimal => Decimal.from(typeof value === 'boolean' ? BigInt(value) : value);

const stepless = (): HydraError => new HydraError('ValueError', 'the step of a range must not be 0');
