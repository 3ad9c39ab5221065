import type { Element } from './element.js';
import { Refusal } from './refusal.js';

/** `sorted(items, reverse=…)`: numbers with numbers, text with text by code points, lists item by item; stable. */
export function sorted(items: readonly Element[], reverse: boolean): Element[] {
  const direction = reverse ? -1 : 1;
  return [...items].sort((a, b) => direction * compare(a, b));
}

function compare(a: Element, b: Element): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  throw new Refusal('what is sorted must be of one kind');
}

const isNumber = (element: Element): element is bigint | number | boolean =>
  typeof element === 'bigint' || typeof element === 'number' || typeof element === 'boolean';

function compareText(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = (x[at]?.codePointAt(0) ?? 0) - (y[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function compareLists(a: readonly Element[], b: readonly Element[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = compare(a[at] ?? null, b[at] ?? null);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** In random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[]): T[] {
  const result: T[] = [];
  for (const item of items) {
    const at = Math.floor(Math.random() * (result.length + 1));
    result.push(item);
    const displaced = result[at] ?? item;
    result[result.length - 1] = displaced;
    result[at] = item;
  }
  return result;
}
