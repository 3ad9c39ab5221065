import { type FSWatcher, watch } from 'node:fs';

/**
 * Tells of records that come and go in an attempt's directory, by name. News, no more: nothing may rest on
 * it, for inotify has limits (`failed` hears of them). The answer ends the watch.
 */
export function watchRecords(
  dir: string,
  changed: (file: string) => void,
  failed: (cause: unknown) => void,
): () => void {
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(dir, { persistent: false }, (_, file) => {
      if (file !== null) changed(file);
    });
    watcher.on('error', (cause) => {
      watcher?.close();
      failed(cause);
    });
  } catch (cause) {
    failed(cause);
  }
  return () => watcher?.close();
}
