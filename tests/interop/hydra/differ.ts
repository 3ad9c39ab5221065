import type { Json } from '../../../src/hydra/typed-json.js';
import type { Answer } from './oracle.js';

/** Failures of the user, by which callers tell what to do; the others only have to be failures. */
const TOLD_APART = new Set(['MissingConfigException', 'OverrideParseException']);

/** Where our answer differs from the real one, or null. Messages of errors are our own. */
export function difference(real: Answer, ours: Answer, ignored: readonly string[] = []): string | null {
  if ('error' in real || 'error' in ours) {
    if (!('error' in real)) return `real Hydra composes, ours fails: ${show(ours)}`;
    if (!('error' in ours)) return `real Hydra fails, ours composes: ${show(real)}`;
    const types = [real.error.type, ours.error.type];
    if (types.includes('bug')) return ours.error.message;
    return types[0] !== types[1] && types.some((type) => TOLD_APART.has(type))
      ? `real ${show(real)}, ours ${show(ours)}`
      : null;
  }
  return within(real.ok, ours.ok, '', ignored);
}

function within(real: Json, ours: Json, path: string, ignored: readonly string[]): string | null {
  if (isError(real) && isError(ours)) {
    const [a, b] = [real.error.type, ours.error.type];
    return a === b ? null : `${path}: real ${a}, ours ${b}: ${ours.error.message}`;
  }
  if (isObject(real) && isObject(ours)) {
    for (const key of new Set([...Object.keys(real), ...Object.keys(ours)])) {
      if (path === '' && ignored.includes(key)) continue;
      const found = within(real[key] ?? null, ours[key] ?? null, `${path}/${key}`, ignored);
      if (found !== null) return found;
    }
    return Object.keys(real).join() === Object.keys(ours).join() || path === ''
      ? null
      : `${path}: keys real ${Object.keys(real).join()}, ours ${Object.keys(ours).join()}`;
  }
  return JSON.stringify(real) === JSON.stringify(ours)
    ? null
    : `${path}: real ${show(real)}, ours ${show(ours)}`;
}

const isObject = (json: Json): json is { [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const isError = (json: Json): json is { error: { type: string; message: string } } =>
  isObject(json) && isObject(json.error ?? null) && 'type' in (json.error as object);

const show = (value: unknown): string => JSON.stringify(value).slice(0, 600);
