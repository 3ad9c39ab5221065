/**
 * The parts of a key: `a.b[c].d`, also `[a].b`. Each dot at the start gives an empty part. Brackets without an end and
 * what stands between `]` and the next part are dropped, as OmegaConf does it.
 */
export function splitKey(key: string): readonly string[] {
  const known = split.get(key);
  if (known !== undefined) return known;
  const parts = partsOf(key);
  // Interpolations name the same keys again and again.
  if (split.size >= MOST_KEYS) split.clear();
  split.set(key, parts);
  return parts;
}

const MOST_KEYS = 10_000;
const split = new Map<string, readonly string[]>();

function partsOf(key: string): string[] {
  const head = /^\.*[^.[]*/.exec(key)?.[0] ?? '';
  const parts = head.split('.');
  if (head.length === key.length) return parts;
  if (key[head.length] === '[' && parts.at(-1) === '') parts.pop();
  for (const [, dotted, bracketed] of key.slice(head.length).matchAll(/\.([^.[]*)|\[(.*?)\]/g))
    parts.push(dotted || bracketed || '');
  return parts;
}
