import type { Json } from '../../../src/hydra/typed-json.js';
import type { Answer } from './oracle.js';

/** Where our answer differs from the real one, or null. Errors are alike when they are of one kind: words are our own. */
export function difference(real: Answer, ours: Answer): string | null {
  if ('error' in real || 'error' in ours) {
    if ('error' in real && UNANSWERED.has(real.error.type)) return null;
    if (!('error' in real)) return `answered ${show(real.ok)}, ours fails: ${show(ours)}`;
    if (!('error' in ours)) return `fails: ${show(real.error)}, ours answers ${show(ours.ok)}`;
    return isAlike(real.error.type, ours.error.type)
      ? null
      : `fails: ${show(real.error)}, ours: ${show(ours.error)}`;
  }
  return within(real.ok, ours.ok, '');
}

/** What the real one cannot answer: Python's stack, time or memory is not enough. */
const UNANSWERED: ReadonlySet<string> = new Set(['RecursionError', 'Unanswered']);

/** Python's own errors stand for a bug in Hydra or OmegaConf: that it fails is all that counts. */
const ACCIDENTS: ReadonlySet<string> = new Set([
  'Exception',
  'AssertionError',
  'AttributeError',
  'NotImplementedError',
  'OverflowError',
  'UnboundLocalError',
  'IndexError',
  'ZeroDivisionError',
]);

const isAlike = (real: string, ours: string): boolean =>
  real === ours || ((ACCIDENTS.has(real) || UNANSWERED.has(real)) && ours !== 'bug');

function within(real: Json, ours: Json, path: string): string | null {
  if (isObject(real) && isObject(ours)) {
    const [a, b] = [errorType(real), errorType(ours)];
    if (a !== null && b !== null) return isAlike(a, b) ? null : differs(real, ours, path);
    const [theirs, mine] = [Object.keys(real), Object.keys(ours)];
    for (const key of new Set([...theirs, ...mine])) {
      const [one, other] = [real[key], ours[key]];
      const at = `${path}/${key}`;
      const found =
        one === undefined || other === undefined ? differs(one, other, at) : within(one, other, at);
      if (found !== null) return found;
    }
    return theirs.join() === mine.join()
      ? null
      : `${path}: keys in the order ${theirs.join()}, ours ${mine.join()}`;
  }
  return JSON.stringify(real) === JSON.stringify(ours) ? null : differs(real, ours, path);
}

function differs(real: unknown, ours: unknown, path: string): string {
  if (typeof real !== 'string' || typeof ours !== 'string')
    return `${path}: ${show(real)}, ours ${show(ours)}`;
  const from = Math.max(0, commonStart(real, ours) - BEFORE);
  return `${path}: ${show(real.slice(from))}, ours ${show(ours.slice(from))}`;
}

/** How much of two long texts is shown before they differ. */
const BEFORE = 60;

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

const isObject = (json: Json): json is { [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** The type of an error within an answer; null: it is none. */
const errorType = ({ error = null }: { [key: string]: Json }): string | null =>
  isObject(error) && typeof error.type === 'string' ? error.type : null;

const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 600);
