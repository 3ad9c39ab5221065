import { Dict, isList, type Key, PathValue, type Value } from '../value.js';
import { floatRepr } from './number.js';

/** `str(value)` of Python. */
export function str(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof PathValue) return value.path;
  return repr(value);
}

/** `repr(value)` of Python. */
export function repr(value: Value): string {
  if (value === null) return 'None';
  if (isList(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Dict) return dictRepr(value, repr);
  if (value instanceof PathValue) return `PosixPath(${stringRepr(value.path)})`;
  if (value instanceof Uint8Array) return bytesRepr(value);
  if (typeof value === 'string') return stringRepr(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? floatRepr(value) : String(value);
}

export const dictRepr = <V>(dict: Dict<V>, show: (value: V) => string): string =>
  `{${Array.from(dict, ([key, value]: [Key, V]) => `${repr(key)}: ${show(value)}`).join(', ')}}`;

/** Single quotes unless the text has some and no double ones; what is not printable is escaped. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let shown = '';
  for (const char of text) shown += char === quote ? `\\${quote}` : (ESCAPES[char] ?? printable(char));
  return quote + shown + quote;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function printable(char: string): string {
  if (char === ' ' || !/[\p{C}\p{Z}]/u.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  const hex = (width: number): string => code.toString(16).padStart(width, '0');
  if (code < 0x100) return `\\x${hex(2)}`;
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

function bytesRepr(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes).toString('latin1');
  const quote = latin.includes("'") && !latin.includes('"') ? '"' : "'";
  let shown = '';
  for (const char of latin) {
    const code = char.charCodeAt(0);
    if (char === quote) shown += `\\${quote}`;
    else if (ESCAPES[char] !== undefined) shown += ESCAPES[char];
    else shown += code >= 32 && code < 127 ? char : `\\x${code.toString(16).padStart(2, '0')}`;
  }
  return `b${quote}${shown}${quote}`;
}
