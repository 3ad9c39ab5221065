import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { eventFiles, isAhead, newestSecond } from './event-files.js';

/** A file's second, and what stands before and behind it in its name. */
const NAME = /^(events\.out\.tfevents\.)(\d{10})\.(.+)$/s;
/** So long ago is early enough, where no other file is younger. */
const RECENT_S = 60;

/**
 * Event files from the future, written before a clock was set back, get a second that has passed, behind those of all
 * other files and in the order in which they are: else nothing that is written from now on could be read after them.
 * For a directory that nobody writes to. Answers how many it renamed: a TensorBoard that was reading them has to be
 * started again, since its Python loader never goes back to an earlier name. Those that are only so young that
 * writeMarker waits for them stay.
 */
export function dateBack(directory: string): number {
  const names = eventFiles(directory);
  if (!isAhead(newestSecond(names))) return 0;
  const now = Math.floor(Date.now() / 1000);
  const isLater = (name: string): boolean => newestSecond([name]) > now;
  const later = names.filter((name) => NAME.test(name) && isLater(name));
  const second = Math.max(newestSecond(names.filter((name) => !isLater(name))) + 1, now - RECENT_S);
  // The earliest first: where this ends in the middle, the next call goes on.
  for (const [n, name] of later.entries()) {
    const [, before, , behind] = NAME.exec(name)!;
    const place = `${String(second).padStart(10, '0')}.${String(n).padStart(4, '0')}`;
    renameSync(join(directory, name), join(directory, `${before}${place}.${behind}`));
  }
  return later.length;
}
