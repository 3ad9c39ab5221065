import { Dict, isList, PathValue, type Value } from '../value.js';
import { Emitter } from './emitter.js';

/**
 * YAML as `OmegaConf.to_yaml` writes it, byte by byte: blocks, keys in their order, about 80 characters a line, and a
 * line break at the end.
 */
export function dumpYaml(value: Value): string {
  const text = new Emitter(anchorsOf(value)).root(value);
  return `${text}\n${isOpenEnded(value, text) ? '...\n' : ''}`;
}

/** A document that is a text without quotes might go on; PyYAML says that it does not. */
function isOpenEnded(value: Value, text: string): boolean {
  if (isList(value) || value instanceof Dict || value instanceof PathValue) return false;
  return !(value instanceof Uint8Array) && !/^['"]/.test(text);
}

/** Paths are objects in Python: one that stands in several places is written once. */
function anchorsOf(value: Value): ReadonlyMap<PathValue, string> {
  const seen = new Set<PathValue>();
  const anchors = new Map<PathValue, string>();
  const visit = (inner: Value): void => {
    if (isList(inner)) inner.forEach(visit);
    else if (inner instanceof Dict) for (const [, child] of inner) visit(child);
    else if (inner instanceof PathValue) {
      if (seen.has(inner) && !anchors.has(inner))
        anchors.set(inner, `id${String(anchors.size + 1).padStart(3, '0')}`);
      seen.add(inner);
    }
  };
  visit(value);
  return anchors;
}
