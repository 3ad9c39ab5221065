import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HydraError } from '../errors.js';
import type { Content, Source } from './source.js';

// The only part of the library that touches the disk.

/** A directory. */
export class FileSource implements Source {
  readonly scheme: Source['scheme'] = 'file';

  constructor(
    readonly provider: string,
    /** As it was given. */
    readonly path: string,
    /** Where it lies, absolute. */
    readonly directory: string | null = resolve(path),
  ) {}

  /** A path that is not absolute is relative to `base`. */
  static within(provider: string, path: string, base: string): FileSource {
    return new FileSource(provider, path, resolve(base, path));
  }

  available(): boolean {
    return this.isGroup('');
  }

  isGroup(path: string): boolean {
    return this.#stat(path)?.isDirectory() ?? false;
  }

  hasConfig(file: string): boolean {
    return this.#stat(file)?.isFile() ?? false;
  }

  list(path: string): string[] {
    return this.directory === null ? [] : readdirSync(join(this.directory, path));
  }

  read(file: string): Content {
    const at = join(this.directory ?? '', file);
    return { kind: 'text', text: decoded(at), file: at };
  }

  #stat(path: string): Stats | undefined {
    return this.directory === null
      ? undefined
      : statSync(join(this.directory, path), { throwIfNoEntry: false });
  }
}

function decoded(file: string): string {
  const bytes = readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HydraError('ReaderError', `${file} is no UTF-8 text`, { cause });
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new HydraError(
      'OSError',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    );
  }
}

/** A directory of a Python package. `find`: where a package (`a.b.c`) lies, null for nowhere. */
export class PackageSource extends FileSource {
  override readonly scheme = 'pkg';

  constructor(provider: string, path: string, find: (dotted: string) => string | null) {
    const dotted = path.replaceAll('/', '.').replace(/\.+$/, '');
    super(provider, dotted, find(dotted));
  }

  override available(): boolean {
    return this.hasConfig('__init__.py');
  }
}
