/**
 * The parts of a key: `a.b[c].d`, also `[a].b`. Each dot at the start gives an empty part. Brackets without an end and
 * what stands between `]` and the next part are dropped, as OmegaConf does it.
 */
export function splitKey(key: string): string[] {
  const head = /^\.*[^.[]*/.exec(key)?.[0] ?? '';
  const parts = head.split('.');
  if (head.length === key.length) return parts;
  if (key[head.length] === '[' && parts.at(-1) === '') parts.pop();
  for (const [, dotted, bracketed] of key.slice(head.length).matchAll(/\.([^.[]*)|\[(.*?)\]/g))
    parts.push(dotted || bracketed || '');
  return parts;
}
