/** `fnmatch.fnmatch(name, pattern)` on a system that heeds case: `*`, `?`, `[seq]`, `[!seq]`. */
export function fnmatch(name: string, pattern: string): boolean {
  return new RegExp(`^(?:${translate(pattern)})$`, 'su').test(name);
}

function translate(pattern: string): string {
  let regex = '';
  let at = 0;
  while (at < pattern.length) {
    const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    at += char.length;
    if (char === '*') regex += '.*';
    else if (char === '?') regex += '.';
    else if (char === '[') {
      const end = endOfSet(pattern, at);
      regex += end < 0 ? '\\[' : set(pattern.slice(at, end));
      if (end >= 0) at = end + 1;
    } else regex += char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  }
  return regex;
}

/** A `]` directly after the opening (or its `!`) belongs to the set. -1: the bracket stands for itself. */
function endOfSet(pattern: string, from: number): number {
  let at = from;
  if (pattern[at] === '!') at++;
  if (pattern[at] === ']') at++;
  return pattern.indexOf(']', at);
}

function set(inner: string): string {
  const negated = inner.startsWith('!');
  const members = (negated ? inner.slice(1) : inner).replace(/[\\\]^[&~|]/g, '\\$&');
  const ordered = members.replace(/(.)-(.)/gsu, (range, low: string, high: string) =>
    low <= high ? range : '',
  );
  if (ordered === '') return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${ordered}]`;
}
