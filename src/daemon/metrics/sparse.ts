import { createRequire } from 'node:module';

/** lseek(2), linux/fs.h. */
const SEEK_DATA = 3;

type Seek = (fd: number, offset: number, whence: number) => number;
let seek: Seek | null = null;

/** Where in a sparse file the next bytes lie that somebody wrote; null: there are none, or nobody can tell. */
export function nextData(fd: number, offset: number): number | null {
  // Only for a run that makes a file of holes: nobody else needs to load it.
  seek ??= createRequire(import.meta.filename)('koffi')
    .load(null)
    .func('int64_t lseek(int, int64_t, int)') as Seek;
  const found = Number(seek(fd, offset, SEEK_DATA));
  return found < 0 ? null : found;
}
