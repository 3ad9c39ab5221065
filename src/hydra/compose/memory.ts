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
    const name = this.#named(path);
    return this.#groups.has(name) && !this.files.has(name);
  }

  hasConfig(file: string): boolean {
    return this.files.has(this.#named(file));
  }

  list(path: string): string[] {
    return [...(this.#groups.get(this.#named(path)) ?? [])];
  }

  read(file: string): Content {
    const content = this.files.get(this.#named(file));
    if (content === undefined) throw new Error(`${file} is not there`);
    return content;
  }

  #named = (path: string): string => normal(path, this.scheme);

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

/** As a file system reads it, and as Hydra's ConfigStore does, to which `.` and `..` are names. */
function normal(path: string, scheme: Source['scheme']): string {
  if (scheme === 'structured')
    return path
      .split('/')
      .filter((part) => part !== '')
      .join('/');
  const plain = posix.normalize(path).replace(/\/+$/, '');
  return plain === '.' ? '' : plain;
}
