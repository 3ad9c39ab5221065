import { type Flags, nearest } from '../arguments.js';
import { ClientError } from '../errors.js';
import { laterFlag } from '../later.js';

/** Flags as data: the words that the command line would have for `{"time": "2h", "tag": ["x"], "hold": true}`. @throws ClientError */
export function wordsOfKeys(keys: Readonly<Record<string, unknown>>, flags: Flags): Map<string, string[]> {
  return new Map(
    Object.entries(keys)
      .map(([key, given]) => [key, wordsOf(key, given, flags)] as const)
      .filter(([, words]) => words.length > 0),
  );
}

function wordsOf(key: string, value: unknown, flags: Flags): string[] {
  const flag = Object.hasOwn(flags, key) ? flags[key] : undefined;
  if (flag === undefined) throw unknownKey(key, flags);
  if (value === null) return [];
  if (flag.value === undefined) {
    if (typeof value === 'boolean') return value ? [''] : [];
    throw bad(`"${key}" is neither true nor false`, `{"${key}": true}`);
  }
  if (key === 'env' && typeof value === 'object' && !Array.isArray(value))
    return Object.entries(value).map(([name, content]) => `${name}=${word(key, content)}`);
  if (Array.isArray(value)) return value.map((item) => word(key, item));
  return [word(key, value)];
}

function word(key: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw bad(`"${key}" is neither text nor a number`, `{"${key}": "…"}`);
}

function unknownKey(key: string, flags: Flags): ClientError {
  const near = nearest(key, ['argv', ...Object.keys(flags)]);
  return (
    laterFlag(key) ??
    new ClientError(
      'usage',
      `there is no key ${JSON.stringify(key)}`,
      near === null ? 'the keys are the flags of submit, without their dashes' : `did you mean "${near}"?`,
    )
  );
}

const bad = (message: string, example: string): ClientError =>
  new ClientError('usage', message, `write ${example}`);
