import { HydraError } from '../errors.js';
import { Choice, type Element, elementText, Glob, Interval, isSweep, Quoted } from './element.js';
import { parseOverride } from './grammar.js';
import { unquoted } from './quoting.js';
import { sweepElements } from './sweep.js';
import { type Token, Tokens } from './tokens.js';

/**
 * What a value sweeps over, each as it would be written by hand: `1e-3` stays `1e-3`, quotes around a value are
 * dropped. For programs that do not read Hydra's overrides. null: no sweep, or nothing that reads as one.
 */
export function sweptTexts(value: string, limit: number): string[] | null {
  const override = readable(value);
  const swept = override?.value;
  if (override === null || swept === undefined) return null;
  if (swept instanceof Glob || swept instanceof Interval || !isSweep(swept)) return null;
  if (swept instanceof Choice && !swept.shuffled && /^\s*choice\s*\(/.test(value)) return parts(value, 1);
  if (swept instanceof Choice && swept.simple && !swept.shuffled && !isCall(value)) return parts(value, 0);
  const texts: string[] = [];
  for (const element of sweepElements(override, () => [])) {
    if (texts.length >= limit) throw new HydraError('LimitError', `'${value}' has more than ${limit} values`);
    texts.push(textOf(element));
  }
  return texts;
}

function readable(value: string) {
  try {
    return parseOverride(`k=${value}`);
  } catch (error) {
    if (error instanceof HydraError) return null;
    throw error;
  }
}

const isCall = (value: string): boolean => /^\s*[A-Za-z_]\w*\s*\(/.test(value);

function textOf(element: Element): string {
  if (element instanceof Quoted) return element.text;
  return typeof element === 'string' ? element : elementText(element);
}

/** The text between the commas that stand so deep in brackets. */
function parts(value: string, depth: number): string[] {
  const tokens = new Tokens(value, 'value');
  const found: string[] = [];
  let [level, from] = [0, 0];
  for (let token = tokens.next(); token.kind !== 'end'; token = tokens.next()) {
    const end = token.at + token.text.length;
    if (OPENING.has(token.kind)) {
      level++;
      if (level === depth) from = end;
    } else if (CLOSING.has(token.kind)) {
      if (level === depth) found.push(value.slice(from, token.at));
      level--;
    } else if (token.kind === 'comma' && level === depth) {
      found.push(value.slice(from, token.at));
      from = end;
    }
  }
  if (depth === 0) found.push(value.slice(from));
  return found.map(withoutQuotes);
}

const OPENING: ReadonlySet<Token['kind']> = new Set<Token['kind']>(['parenOpen', 'bracketOpen', 'braceOpen']);
const CLOSING: ReadonlySet<Token['kind']> = new Set<Token['kind']>([
  'parenClose',
  'bracketClose',
  'braceClose',
]);

function withoutQuotes(text: string): string {
  const trimmed = text.trim();
  return /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')$/s.test(trimmed) ? unquoted(trimmed) : trimmed;
}
