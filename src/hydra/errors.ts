/**
 * Kinds of failure, by the names that Hydra, OmegaConf and PyYAML give them: people search for these. Plain names of
 * Python's own exceptions stand where those libraries let one through.
 */
export type ErrorType =
  // Hydra
  | 'HydraException'
  | 'OverrideParseException'
  | 'ConfigCompositionException'
  | 'MissingConfigException'
  // OmegaConf
  | 'GrammarParseError'
  | 'InterpolationResolutionError'
  | 'InterpolationKeyError'
  | 'InterpolationToMissingValueError'
  | 'InterpolationValidationError'
  | 'UnsupportedInterpolationType'
  | 'MissingMandatoryValue'
  | 'ValidationError'
  | 'KeyValidationError'
  | 'UnsupportedValueType'
  | 'ConfigKeyError'
  | 'ConfigAttributeError'
  | 'ConfigTypeError'
  | 'ConfigIndexError'
  | 'ConfigValueError'
  // PyYAML
  | 'ReaderError'
  | 'ScannerError'
  | 'ParserError'
  | 'ComposerError'
  | 'ConstructorError'
  // Python
  | 'ValueError'
  | 'TypeError'
  | 'KeyError'
  | 'IndexError'
  | 'OSError'
  // Ours: sizes beyond a limit that can be raised.
  | 'LimitError';

/** A point of a text, counted from 1. `file` is a path, or what else people know the text by. */
export interface Place {
  file?: string;
  line: number;
  column: number;
}

export interface Details {
  place?: Place | undefined;
  /** The line of `place`, or an override: shown with a caret under `column`. */
  source?: string | undefined;
  /** The full key of the value, for what a value does wrong. */
  key?: string | undefined;
  /** The declared type of the list that holds it, as OmegaConf writes it. */
  declared?: string | undefined;
  /** The words of the original, where ours are others and it repeats them in other messages. */
  original?: string | undefined;
  /** What could have stood there. */
  available?: readonly string[] | undefined;
  /** What to do, in one line. */
  hint?: string | undefined;
  cause?: unknown;
}

/** A configuration that cannot be composed. `message` is one line or few, without the details. */
export class HydraError extends Error {
  override readonly name = 'HydraError';

  constructor(
    readonly type: ErrorType,
    message: string,
    readonly details: Details = {},
  ) {
    super(message, { cause: details.cause });
  }
}

/** InterpolationResolutionError and what OmegaConf derives from it. */
export const isInterpolationError = (error: unknown): error is HydraError =>
  error instanceof HydraError && INTERPOLATION.has(error.type);

/** OmegaConf's own errors, which Hydra turns into ConfigCompositionException. */
export const isOmegaConfError = (error: unknown): error is HydraError =>
  error instanceof HydraError && (INTERPOLATION.has(error.type) || OMEGACONF.has(error.type));

const INTERPOLATION: ReadonlySet<ErrorType> = new Set([
  'InterpolationResolutionError',
  'InterpolationKeyError',
  'InterpolationToMissingValueError',
  'InterpolationValidationError',
  'UnsupportedInterpolationType',
]);

const OMEGACONF: ReadonlySet<ErrorType> = new Set([
  'GrammarParseError',
  'MissingMandatoryValue',
  'ValidationError',
  'KeyValidationError',
  'UnsupportedValueType',
  'ConfigKeyError',
  'ConfigAttributeError',
  'ConfigTypeError',
  'ConfigIndexError',
  'ConfigValueError',
]);
