import { join } from 'node:path';
import { Dict, HydraError, isList, type JobConfig, str, type Value } from '../../hydra/hydra.js';
import { PACKAGE_ROOT } from '../../install.js';
import { type Flags, read } from '../arguments.js';
import { ClientError } from '../errors.js';
import { RUN_FLAGS, SWEEP_FLAGS } from '../submit/flags.js';
import { wordsOfKeys } from '../submit/keys.js';
import type { Words } from './plan.js';

// The `expd:` node of a configuration: what to run, and flags of submit with `_` or `-` in their names.

/** That come with expd: `trainer: flow2d` in place of a command. */
export const TRAINERS = ['flow2d', 'flowsprites', 'autoencoder'];

/** The command of a job; null: the node names none. Throws HydraError */
export function commandIn(config: Pick<JobConfig, 'select'>): string[] | null {
  const { command = null, trainer = null } = nodeOf(config);
  if (trainer !== null && command !== null)
    throw wrong('trainer', 'a command is named as well', 'leave out one of the two');
  if (trainer !== null) return commandOf(trainer);
  if (command === null) return null;
  if (isList(command) && command.length > 0) return command.map((word) => textOf('command', word));
  throw wrong('command', 'it is no list of words', "write command: [python, train.py, '--lr=${lr}']");
}

/** Its knobs reach it with the rest of the configuration. */
function commandOf(trainer: Value): string[] {
  if (typeof trainer === 'string' && TRAINERS.includes(trainer))
    return ['node', join(PACKAGE_ROOT, 'dist/bin/expd-train.cjs'), trainer];
  throw wrong('trainer', 'there is no built-in trainer of that name', `there are ${TRAINERS.join(', ')}`);
}

/** By what the checkpoints of a built-in trainer are the better. */
export const METRIC = 'val/loss';

/** Flags of a run. Throws HydraError */
export function runWords(config: Pick<JobConfig, 'select'>): Words {
  const words = wordsIn(config, RUN_FLAGS, SWEEP_FLAGS);
  const ofTrainer = (nodeOf(config).trainer ?? null) !== null && !words.has('metric');
  return ofTrainer ? new Map([...words, ['metric', [METRIC]]]) : words;
}

/** Flags of a sweep. Throws HydraError */
export const sweepWords = (master: Pick<JobConfig, 'select'>): Words =>
  wordsIn(master, SWEEP_FLAGS, RUN_FLAGS);

/** `others`: flags that may stand there, for somebody else. */
function wordsIn(config: Pick<JobConfig, 'select'>, flags: Flags, others: Flags): Words {
  const keys: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(nodeOf(config))) {
    const flag = key.replaceAll('_', '-');
    if (COMMAND.includes(key) || (Object.hasOwn(others, flag) && !Object.hasOwn(flags, flag))) continue;
    keys[flag] = plain(value);
  }
  try {
    const words = wordsOfKeys(keys, flags);
    read(flags, words, Date.now());
    return words;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const [, flag, why] = /^--([\w-]+): (.*)$/s.exec(error.message) ?? [];
    throw wrong(flag ?? '', why ?? error.message, error.hint, error);
  }
}

const COMMAND = ['command', 'trainer'];

function nodeOf(config: Pick<JobConfig, 'select'>): Readonly<Record<string, Value>> {
  const node = config.select('expd');
  if (node === null) return {};
  if (!(node instanceof Dict))
    throw wrong('', 'it is no mapping', 'write expd: {command: [python, train.py], time: 2h}');
  return Object.fromEntries([...node].map(([key, value]) => [String(key), value]));
}

/** As JSON would have it. */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isList(value)) return value.map(plain);
  if (value instanceof Dict)
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  return value;
}

function textOf(key: string, value: Value): string {
  if (typeof value === 'string' && value !== '???') return value;
  // As Hydra writes it in an interpolation: true is True.
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return str(value);
  throw wrong(
    key,
    value === '???' ? 'a word of it is to be given' : 'a word of it is no text',
    'write each word as text or number',
  );
}

const wrong = (key: string, message: string, hint: string, cause?: unknown): HydraError =>
  new HydraError('ConfigValueError', message, { key: key === '' ? 'expd' : `expd.${key}`, hint, cause });
