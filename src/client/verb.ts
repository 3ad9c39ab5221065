import type { Places } from '../places.js';
import type { Flags, Values } from './arguments.js';
import type { Daemon } from './connect.js';
import type { Answer } from './render/output.js';
import type { Screen } from './screen.js';

/** Where a verb finds itself. */
export interface Context {
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute. @throws ClientError when it is gone */
  cwd(): string;
  now(): number;
  /** Opened with the first call. */
  stdin(): NodeJS.ReadStream;
  screen: Screen;
  places: Places;
  daemon: Daemon;
  json: boolean;
  /** Only ids where ids are answered. */
  quiet: boolean;
}

/** A command line, understood. */
export interface Given<F extends Flags> {
  flags: Values<F>;
  operands: string[];
  /** What stands behind `--`; empty when nothing does. */
  command: string[];
  /** The same flags as words, by long name. */
  words: ReadonlyMap<string, readonly string[]>;
}

/** One verb: everything that parsing, help, completion and the docs need to know of it. */
export interface Verb<F extends Flags = Flags> {
  /** One or two words: `ls`, `daemon start`. */
  name: string;
  aliases?: readonly string[];
  /** As help shows them: `RUN…`; words in lower case are literal. */
  operands: string;
  /** Fewest and most. */
  takes: readonly [number, number];
  /** Whether a command may or must stand behind `--`; `orOverrides`: a command there, or overrides as operands. */
  command?: 'may' | 'must' | 'orOverrides';
  summary: string;
  flags: F;
  /** A command line and what it does. */
  examples: readonly (readonly [string, string])[];
  /** Whether it starts a daemon when none runs: `unlessStopped` where nothing is said. */
  starts?: 'never' | 'unlessStopped' | 'always';
  /** Whether it passes on a run's exit code, by the flags that were given. */
  passesOn?(flags: ReadonlyMap<string, unknown>): boolean;
  /** A number is the exit code of a verb that wrote by itself. */
  run(context: Context, given: Given<F>): Promise<Answer | number>;
}

/** Keeps the types of the flags. */
export const verb = <F extends Flags>(definition: Verb<F>): Verb<F> => definition;

/** For verbs that take as many runs as one likes. */
export const MANY = Number.POSITIVE_INFINITY;
