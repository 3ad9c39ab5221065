/** The path of `pathlib.PurePosixPath(*parts)`: an absolute part starts anew; `.` and doubled slashes vanish. */
export function joinPath(parts: readonly string[]): string {
  const start = Math.max(
    parts.findLastIndex((part) => part.startsWith('/')),
    0,
  );
  const kept = parts.slice(start);
  const names = kept.flatMap((part) => part.split('/')).filter((name) => name !== '' && name !== '.');
  return rootOf(kept[0] ?? '') + names.join('/') || '.';
}

/** The parts that make it: the root, if it has one, and the names. */
export function pathParts(path: string): string[] {
  const root = rootOf(path);
  const names = path
    .slice(root.length)
    .split('/')
    .filter((name) => name !== '' && name !== '.');
  return root === '' ? names : [root, ...names];
}

/** Two slashes, but not three, are a root of their own (POSIX leaves their meaning open). */
const rootOf = (path: string): string => /^\/\/(?!\/)/.exec(path)?.[0] ?? /^\//.exec(path)?.[0] ?? '';
