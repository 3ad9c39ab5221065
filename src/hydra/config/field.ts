import { HydraError } from '../errors.js';
import { readFloat, readInt } from '../python/number.js';
import { repr, str } from '../python/text.js';
import { Dict, isList, type Scalar, typeName, type Value } from '../value.js';

// The types of fields. A user's configuration has none that we could see; those of Hydra itself and of its plugins are
// dataclasses, whose fields check and convert what they are given, as OmegaConf's typed nodes do.

export type Field =
  | { kind: 'any' }
  | { kind: 'str' | 'int' | 'float' | 'bool'; optional: boolean }
  | { kind: 'enum'; optional: boolean; members: readonly string[] }
  | { kind: 'dict'; optional: boolean; element: Field }
  | { kind: 'list'; optional: boolean; element: Field }
  | { kind: 'struct'; optional: boolean; struct: Struct };

/** A dataclass: a closed set of fields with what they are by default ('???': to be given). */
export interface Struct {
  name: string;
  fields: Readonly<Record<string, { field: Field; default: Value }>>;
}

export const ANY: Field = { kind: 'any' };

export const isOptional = (field: Field): boolean => field.kind === 'any' || field.optional;

/** '???', or text with an interpolation: kept as they are whatever the type. */
export const isSpecialText = (value: unknown): value is string => isMissing(value) || isInterpolation(value);
export const isMissing = (value: unknown): value is '???' => value === '???';
export const isInterpolation = (value: unknown): value is string =>
  typeof value === 'string' && value.includes('${');

/** What a field of a plain type makes of a value; ValidationError when it cannot be. Not for special text. */
export function convert(field: Field, value: Value): Scalar {
  if (value === null) {
    if (!isOptional(field)) throw new HydraError('ValidationError', `must not be null (${describe(field)})`);
    return null;
  }
  if (isList(value) || value instanceof Dict) throw unfit(field, value);
  switch (field.kind) {
    case 'str':
      return value instanceof Uint8Array ? refuse(field, value) : str(value);
    case 'int':
      return typeof value === 'bigint' ? value : (numberOf(value, readInt) ?? refuse(field, value));
    case 'float':
      return typeof value === 'bigint' || typeof value === 'number'
        ? Number(value)
        : (numberOf(value, readFloat) ?? refuse(field, value));
    case 'bool':
      return toBool(value) ?? refuse(field, value);
    case 'enum':
      return member(field.members, value) ?? refuse(field, value);
    default:
      return value;
  }
}

const numberOf = <T>(value: Scalar, read: (text: string) => T | null): T | null =>
  typeof value === 'string' ? read(value) : null;

function toBool(value: Scalar): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value !== 'string') return null;
  const number = readInt(value);
  if (number !== null) return number !== 0n;
  const lower = value.toLowerCase();
  if (['yes', 'y', 'on', 'true'].includes(lower)) return true;
  return ['no', 'n', 'off', 'false'].includes(lower) ? false : null;
}

/** By name, with or without the name of the enum before it, or by number from 1. */
function member(members: readonly string[], value: Scalar): string | null {
  if (typeof value === 'bigint') return members[Number(value) - 1] ?? null;
  if (typeof value !== 'string') return null;
  const name = value.replace(/^RunMode\./, '');
  return members.includes(name) ? name : null;
}

function refuse(field: Field, value: Value): never {
  throw unfit(field, value);
}

export const unfit = (field: Field, value: Value): HydraError =>
  new HydraError(
    'ValidationError',
    `${repr(value)} (${typeName(value)}) does not fit: expected ${describe(field)}`,
  );

export function describe(field: Field): string {
  const or = isOptional(field) && field.kind !== 'any' ? ' or null' : '';
  switch (field.kind) {
    case 'any':
      return 'anything';
    case 'enum':
      return `one of ${field.members.join(', ')}${or}`;
    case 'dict':
      return `a mapping${or}`;
    case 'list':
      return `a list${or}`;
    case 'struct':
      return `a mapping with the keys of ${field.struct.name}${or}`;
    default:
      return `${field.kind}${or}`;
  }
}
