import type { Flags } from '../arguments.js';
import { ClientError } from '../errors.js';
import { wordsOfKeys } from './keys.js';

/** One line of `submit -`: what to run, and the flags of its run as words. */
export interface Line {
  argv: string[];
  /** Of the project's configuration, where there is no argv; null: none were given. */
  overrides: string[] | null;
  words: Map<string, string[]>;
}

/**
 * `{"argv": ["python", "train.py"], "name": "a", "time": "2h", "tag": ["x"], "env": {"K": "V"}}`: the keys are the flags
 * of submit without their dashes. `{"overrides": ["lr=0.1"]}` composes the project's configuration. @throws ClientError
 */
export function parseLine(line: string, flags: Flags): Line {
  const { argv, overrides, ...rest } = parseObject(line);
  if (overrides !== undefined && argv !== undefined)
    throw bad('"argv" and "overrides" exclude each other', '{"overrides": ["lr=0.1"]}');
  if (overrides !== undefined) {
    if (!isWords(overrides)) throw bad('"overrides" is no list of words', '{"overrides": ["lr=0.1"]}');
    return { argv: [], overrides, words: wordsOfKeys(rest, flags) };
  }
  if (!isWords(argv) || argv.length === 0)
    throw bad('"argv" is no list of words', '{"argv": ["python", "train.py"]}');
  return { argv, overrides: null, words: wordsOfKeys(rest, flags) };
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

const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const bad = (message: string, example: string): ClientError =>
  new ClientError('usage', message, `write ${example}`);
