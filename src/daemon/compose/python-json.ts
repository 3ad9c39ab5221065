import { Dict, isList, PathValue, str, type Value } from '../../hydra/hydra.js';

/**
 * JSON as Python's json module would write it of the same values, so that an int stays an int and 1.0 a float for
 * whoever reads it; what JSON has no number for is text (`"nan"`, `"inf"`), bytes are base64, keys are text.
 */
export function pythonJson(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? str(value) : JSON.stringify(str(value));
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof PathValue) return JSON.stringify(value.path);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (isList(value)) return `[${value.map(pythonJson).join(', ')}]`;
  const entries = value instanceof Dict ? [...value] : [];
  return `{${entries.map(([key, item]) => `${JSON.stringify(str(key))}: ${pythonJson(item)}`).join(', ')}}`;
}
