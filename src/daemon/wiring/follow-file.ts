import { type FSWatcher, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** An editor writes a file in several steps. */
const QUIET_MS = 100;

/**
 * Calls back once after the file may have changed: was written, replaced, made or removed, also behind a link. Its
 * directory is watched, and must be there. When this returns nothing is missed any more. The answer ends it.
 * `failed` hears of what cannot be watched (inotify's limits).
 */
export function followFile(file: string, changed: () => void, failed: (cause: unknown) => void): () => void {
  let watchers: FSWatcher[] = [];
  let quiet: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(quiet);
    for (const watcher of watchers.splice(0)) watcher.close();
  };
  const heard = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      // A link may lead elsewhere by now; watched first, read after that.
      close();
      open();
      changed();
    }, QUIET_MS).unref();
  };
  const open = (): void => {
    try {
      watchers = [...new Set([file, target(file)])].map((path) =>
        watch(dirname(path), { persistent: false }, (_, name) => {
          if (name === null || name === basename(path)) heard();
        }).on('error', failed),
      );
    } catch (cause) {
      failed(cause);
    }
  };
  open();
  return close;
}

/** The file itself where it is no link, or is missing. */
function target(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
