import { readFileSync } from 'node:fs';
import { TrainerError } from './trainer-error.js';

/** One setting of a trainer: its default, what it is for, and how a value from outside is understood. */
export interface Knob<T> {
  readonly preset: T;
  /** What stands for the value in help. */
  readonly value: string;
  readonly about: string;
  /** `given`: a word, or a value of a configuration. Throws a sentence that says what it should be. */
  read(given: unknown): T;
}

export type Knobs = Readonly<Record<string, Knob<unknown>>>;
export type Values<K extends Knobs> = { readonly [N in keyof K]: K[N] extends Knob<infer T> ? T : never };

export const whole = (preset: number, about: string, least = 0, most = ENDLESS): Knob<number> => ({
  preset,
  value: 'N',
  about,
  read: (given) => {
    const n = numberOf(given);
    if (Number.isSafeInteger(n) && n >= least && n <= most) return n;
    throw new Error(`a whole number ${range(least, most)}`);
  },
});

export const real = (preset: number, about: string, least = 0, most = ENDLESS): Knob<number> => ({
  preset,
  value: 'X',
  about,
  read: (given) => {
    const x = numberOf(given);
    if (Number.isFinite(x) && x >= least && x <= most) return x;
    throw new Error(`a number ${range(least, most)}`);
  },
});

const ENDLESS = Number.POSITIVE_INFINITY;
const range = (least: number, most: number): string =>
  most === ENDLESS ? `from ${least} on` : `from ${least} to ${most}`;

export const choice = <const T extends string>(
  preset: NoInfer<T>,
  among: readonly T[],
  about: string,
): Knob<T> => ({
  preset,
  value: among.join('|'),
  about,
  read: (given) => {
    const found = among.find((word) => word === given);
    if (found === undefined) throw new Error(`one of ${among.join(', ')}`);
    return found;
  },
});

export const yes = (preset: boolean, about: string): Knob<boolean> => ({
  preset,
  value: 'true|false',
  about,
  read: (given) => {
    if (typeof given === 'boolean') return given;
    if (given === 'true' || given === 'false') return given === 'true';
    throw new Error('true or false');
  },
});

export const path = (preset: string, about: string): Knob<string> => ({
  preset,
  value: 'DIR',
  about,
  read: (given) => {
    if (typeof given !== 'string') throw new Error('a path');
    return given;
  },
});

/** In a configuration's `trainer` node, for who starts the trainer. */
const NOT_KNOBS = new Set(['command']);

/**
 * The values to train with: the words win over the `trainer` node of the configuration in the file `EXPD_CONFIG`, and
 * that over `presets`, and these over the knobs' own. A null there leaves the default.
 * @throws TrainerError (usage) for whatever is no knob, or no value of it.
 */
export function readKnobs<K extends Knobs>(
  knobs: K,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  presets: { readonly [N in keyof K]?: unknown } = {},
): Values<K> {
  const configured = env.EXPD_CONFIG ? trainerNode(env.EXPD_CONFIG) : [];
  const given = [...Object.entries(presets), ...configured, ...pairs(words)].filter(
    ([, value]) => value !== null && value !== undefined,
  );
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(knobs).map(([name, { preset }]) => [name, preset]),
  );
  for (const [name, value] of given) values[name] = readOne(knobs, name, value);
  return values as Values<K>;
}

function readOne(knobs: Knobs, name: string, value: unknown): unknown {
  const knob = Object.hasOwn(knobs, name) ? knobs[name] : undefined;
  if (knob === undefined)
    throw new TrainerError(
      `there is no knob ${JSON.stringify(name)}; there are ${Object.keys(knobs).join(' ')}`,
      2,
    );
  try {
    return knob.read(value);
  } catch (cause) {
    const wanted = cause instanceof Error ? cause.message : String(cause);
    throw new TrainerError(`${name} is ${JSON.stringify(value)}; it should be ${wanted}`, 2);
  }
}

/** `lr=0.1`, `trainer.lr=0.1`, `--lr 0.1`, `--lr=0.1`; dashes within a name mean underscores. */
function pairs(words: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [, dashes, key, value] = /^(--)?(?:trainer\.)?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    const text = value ?? (dashes ? words[++at] : undefined);
    if (key === undefined || text === undefined)
      throw new TrainerError(`${JSON.stringify(word)} is no knob with a value; write key=value`, 2);
    found.push([key.replaceAll('-', '_'), text]);
  }
  return found;
}

function trainerNode(file: string): [string, unknown][] {
  try {
    const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const node = typeof config === 'object' && config !== null && 'trainer' in config ? config.trainer : null;
    return typeof node === 'object' && node !== null
      ? Object.entries(node).filter(([name]) => !NOT_KNOBS.has(name))
      : [];
  } catch (cause) {
    throw new TrainerError(`the configuration ${file} (EXPD_CONFIG) cannot be read`, 1, { cause });
  }
}

function numberOf(given: unknown): number {
  if (typeof given === 'number') return given;
  return typeof given === 'string' && given.trim() !== '' ? Number(given) : Number.NaN;
}
