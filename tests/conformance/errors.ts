import { HydraError } from '../../src/hydra/errors.js';
import type { Json } from '../../src/hydra/typed-json.js';

// Errors as Python shows them: the type with its ancestors, and OmegaConf's message with where it happened.

const OMEGACONF = ['OmegaConfBaseException'];
const ANCESTORS: Readonly<Record<string, readonly string[]>> = {
  InterpolationResolutionError: [...OMEGACONF, 'ValueError'],
  InterpolationKeyError: ['InterpolationResolutionError', ...OMEGACONF, 'ValueError'],
  InterpolationToMissingValueError: ['InterpolationResolutionError', ...OMEGACONF, 'ValueError'],
  InterpolationValidationError: [
    'ValidationError',
    'InterpolationResolutionError',
    ...OMEGACONF,
    'ValueError',
  ],
  UnsupportedInterpolationType: ['InterpolationResolutionError', ...OMEGACONF, 'ValueError'],
  MissingMandatoryValue: OMEGACONF,
  GrammarParseError: OMEGACONF,
  UnsupportedValueType: ['ValidationError', ...OMEGACONF, 'ValueError'],
  ValidationError: [...OMEGACONF, 'ValueError'],
  ConfigTypeError: [...OMEGACONF, 'TypeError'],
  ConfigKeyError: [...OMEGACONF, 'KeyError', 'LookupError'],
};

/** Where an error happened, as OmegaConf adds it to the message. */
export interface Where {
  fullKey: string;
  kind: 'dict' | 'list';
  /** The declared type of the container, for one that has one. */
  reference?: string;
}

export function errorJson(error: unknown, where?: Where): Json {
  if (!(error instanceof HydraError)) throw error;
  const { type } = error;
  const mro = [type, ...(ANCESTORS[type] ?? []), 'Exception', 'BaseException'];
  const message = (error.details.original ?? error.message) + (where === undefined ? '' : suffix(where));
  const cause = { type: 'NoViableAltException', message: 'None' };
  return { error: { type, mro, message, ...(message.startsWith('no viable alternative') && { cause }) } };
}

const suffix = ({ fullKey, kind, reference }: Where): string =>
  `\n    full_key: ${fullKey}${reference === undefined ? '' : `\n    reference_type=${reference}`}\n    object_type=${kind}`;
