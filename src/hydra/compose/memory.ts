import { posix } from 'node:path';
import type { Content, Source } from './source.js';

/** Configurations in memory, by file: a tree that was stored, or data. Directories exist by what lies in them. */
export class MemorySource implements Source {
  readonly #groups = new Map<string, Set<string>>();

  constructor(
    readonly provider: string,
    readonly path: string,
    private readonly files: ReadonlyMap<string, Content>,
    readonly scheme: Source['scheme'] = 'file',
    /** Directories that hold nothing. */
    empty: readonly string[] = [],
  ) {
    this.#groups.set('', new Set());
    for (const directory of empty) this.#enter(directory);
    for (const file of files.keys()) this.#enter(file);
  }

  available(): boolean {
    return true;
  }

  isGroup(path: string): boolean {
    return this.#groups.has(normal(path)) && !this.files.has(normal(path));
  }

  hasConfig(file: string): boolean {
    return this.files.has(normal(file));
  }

  list(path: string): string[] {
    return [...(this.#groups.get(normal(path)) ?? [])];
  }

  read(file: string): Content {
    const content = this.files.get(normal(file));
    if (content === undefined) throw new Error(`${file} is not there`);
    return content;
  }

  /** Lists it in its directory, and that in its own. */
  #enter(path: string): void {
    const slash = path.lastIndexOf('/');
    const directory = slash < 0 ? '' : path.slice(0, slash);
    if (!this.#groups.has(directory)) {
      this.#groups.set(directory, new Set());
      this.#enter(directory);
    }
    this.#groups.get(directory)?.add(path.slice(slash + 1));
    if (!this.files.has(path) && !this.#groups.has(path)) this.#groups.set(path, new Set());
  }
}

/** As a file system would read it. */
const normal = (path: string): string => {
  const plain = posix.normalize(path).replace(/\/+$/, '');
  return plain === '.' ? '' : plain;
};
