import { readFloat, readInt } from '../python/number.js';
import { BOOL, FLOAT, INT, MERGE, NULL, STR, VALUE } from './nodes.js';

/** The tag of a scalar without quotes, in OmegaConf's dialect: YAML 1.1, with floats such as `1e3`, and no dates. */
export function resolvePlain(text: string): string {
  // A pattern of Python ends before a last line break, too; only the tag `!` lets one come here.
  const line = text.endsWith('\n') ? text.slice(0, -1) : text;
  const word = line.length <= LONGEST_WORD ? (text === '' ? NULL : WORDS.get(line)) : undefined;
  if (word !== undefined) return word;
  if (!STARTS_NUMBER.test(line)) return STR;
  if (INTEGER.test(line)) return INT;
  return FLOAT_OF_YAML.test(line) || FLOAT_OF_OMEGACONF.test(line) ? FLOAT : STR;
}

/** Whether a text without quotes would be read back as something else, by YAML 1.1 and by Python. */
export const needsQuotes = (text: string): boolean =>
  DUMPED_WORDS.has(text) ||
  (MAY_BE_NUMBER.test(text) &&
    (INTEGER.test(text) || FLOAT_OF_YAML.test(text) || TIMESTAMP.test(text) || isPythonNumber(text)));

/** Whether Python's `int(text)` or `float(text)` reads it: then it is put in single quotes, whatever else it holds. */
export const isPythonNumber = (text: string): boolean =>
  MAY_BE_NUMBER.test(text) && (readInt(text) !== null || readFloat(text) !== null);

const bools = 'yes Yes YES no No NO true True TRUE false False FALSE on On ON off Off OFF'.split(' ');
const nulls = '~ null Null NULL'.split(' ');
const LONGEST_WORD = 5;

const WORDS: ReadonlyMap<string, string> = new Map([
  ...bools.map((word) => [word, BOOL] as const),
  ...nulls.map((word) => [word, NULL] as const),
  ['<<', MERGE],
  ['=', VALUE],
]);

/** What OmegaConf quotes as it might be a boolean. */
export const BOOL_WORDS: ReadonlySet<string> = new Set([...bools, 'y', 'Y', 'n', 'N']);
const DUMPED_WORDS: ReadonlySet<string> = new Set([...BOOL_WORDS, ...nulls, '<<', '=']);
const STARTS_NUMBER = /^[-+.0-9]/;
/** `1`, ` +1 `, `nan`, `Infinity`, digits of other scripts. */
const MAY_BE_NUMBER = /^(?:[-+.0-9\s\x1c-\x1f\u0080-\uffff]|[iI][nN]|[nN][aA])/;

const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT_OF_YAML =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** What it adds to those. */
const FLOAT_OF_OMEGACONF = /^[-+]?[0-9]+(?:_[0-9]+)*(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/;
const TIMESTAMP =
  /^[0-9]{4}-(?:[0-9]{2}-[0-9]{2}|[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$/;
