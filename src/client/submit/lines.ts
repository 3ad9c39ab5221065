import { nearest } from '../arguments.js';
import { ClientError } from '../errors.js';
import { laterFlag } from '../later.js';
import { RUN_FLAGS } from './flags.js';

/** One line of `submit -`: a command and the flags of its run, as words. */
export interface Line {
  argv: string[];
  flags: Map<string, string[]>;
}

/**
 * `{"argv": ["python", "train.py"], "name": "a", "time": "2h", "tag": ["x"], "env": {"K": "V"}}`: the keys are the flags
 * of submit without their dashes. @throws ClientError
 */
export function parseLine(line: string): Line {
  const value = parseObject(line);
  const { argv, ...rest } = value;
  if (!isWords(argv) || argv.length === 0)
    throw bad('"argv" is no list of words', '{"argv": ["python", "train.py"]}');
  const flags = new Map(
    Object.entries(rest)
      .map(([key, given]) => [key, wordsOf(key, given)] as const)
      .filter(([, words]) => words.length > 0),
  );
  return { argv, flags };
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new ClientError('usage', 'this is no JSON', 'one object a line: {"argv": ["python", "train.py"]}', {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('this is no JSON object', '{"argv": ["python", "train.py"]}');
  return Object.fromEntries(Object.entries(value));
}

/** The words that the command line would have for it. */
function wordsOf(key: string, value: unknown): string[] {
  const flag = Object.entries(RUN_FLAGS).find(([name]) => name === key)?.[1];
  if (flag === undefined) throw unknownKey(key);
  if (!('value' in flag)) {
    if (typeof value === 'boolean') return value ? [''] : [];
    throw bad(`"${key}" is neither true nor false`, `{"${key}": true}`);
  }
  if (value === null) return [];
  if (key === 'env' && typeof value === 'object' && !Array.isArray(value))
    return Object.entries(value).map(([name, content]) => `${name}=${word(key, content)}`);
  if (Array.isArray(value)) return value.map((item) => word(key, item));
  return [word(key, value)];
}

function word(key: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw bad(`"${key}" is neither text nor a number`, `{"${key}": "…"}`);
}

function unknownKey(key: string): ClientError {
  const near = nearest(key, ['argv', ...Object.keys(RUN_FLAGS)]);
  return (
    laterFlag(key) ??
    new ClientError(
      'usage',
      `there is no key ${JSON.stringify(key)}`,
      near === null ? 'the keys are the flags of submit, without their dashes' : `did you mean "${near}"?`,
    )
  );
}

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const bad = (message: string, example: string): ClientError =>
  new ClientError('usage', message, `write ${example}`);
