import { HydraError } from '../errors.js';
import type { Value } from '../value.js';
import { construct } from './construct.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { parse } from './parser.js';
import { Source } from './source.js';

export interface LoadOptions {
  /** What errors call the text. */
  file?: string;
  limits?: Partial<Limits>;
}

/**
 * Reads YAML as OmegaConf does, which is PyYAML's safe loader with more floats, without dates, and without duplicate
 * keys. What an alias stands for is shared, so treat the value as immutable.
 *
 * Throws a HydraError of PyYAML's kind, with the place: ReaderError, ScannerError, ParserError, ComposerError,
 * ConstructorError; ValueError, KeyError or TypeError for a tag that does not fit; UnsupportedValueType for dates and
 * sets; LimitError beyond the limits.
 */
export function loadYaml(text: string, options: LoadOptions = {}): Value {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (text.length > limits.length) throw tooLong(limits, options.file);
  const source = new Source(text, options.file);
  return construct(parse(source, limits), source, limits);
}

function tooLong({ length }: Limits, file: string | undefined): HydraError {
  const place = file === undefined ? undefined : { file, line: 1, column: 1 };
  return new HydraError('LimitError', `the file is longer than ${length} characters`, { place });
}
