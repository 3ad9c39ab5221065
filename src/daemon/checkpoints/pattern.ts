import { dirname } from 'node:path';

/** `*` within a name, `**` any directories, `?` and `[abc]`; nothing else has a meaning. */
const MAGIC = /[*?[]/;

/** The directory above the first name with a wildcard: what the pattern is about. `out/checkpoint-*` → `out` */
export function baseOf(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => MAGIC.test(part));
  if (first === -1) return dirname(pattern);
  return parts.slice(0, first).join('/') || '/';
}

/** One path component; a name with a leading dot only where the pattern has one. */
export function matchesName(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return new RegExp(
    `^${pattern
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.')}$`,
  ).test(name);
}
