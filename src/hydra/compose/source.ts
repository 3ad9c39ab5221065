import type { Struct } from '../config/field.js';
import type { Value } from '../value.js';

/** A place that has configurations: a directory, a Python package, data. The first that has a name wins. */
export interface Source {
  /** Who put it on the search path: `hydra`, `main`, `command-line`, … */
  readonly provider: string;
  readonly scheme: 'file' | 'pkg' | 'structured';
  readonly path: string;
  available(): boolean;
  /** A directory. */
  isGroup(path: string): boolean;
  /** `file`: with its extension. */
  hasConfig(file: string): boolean;
  /** Names in a directory, in any order. */
  list(path: string): string[];
  /** Only for what `hasConfig`. */
  read(file: string): Content;
}

export type Content =
  | { kind: 'text'; text: string; file: string }
  /** Data instead of text; a dataclass when there is a struct. */
  | { kind: 'data'; value: Value; struct?: Struct; header?: string | null };

/** The name with its extension. */
export function fileName(configPath: string, versionBase: VersionBase): string {
  const known = versionBase === '1.1' ? ['.yaml', '.yml'] : ['.yaml'];
  return known.some((extension) => configPath.endsWith(extension)) ? configPath : `${configPath}.yaml`;
}

/** Which Hydra's behaviour an application asks for. */
export type VersionBase = '1.1' | '1.2' | '1.3';

/** As Hydra shows a source. */
export const describeSource = ({ provider, scheme, path }: Source): string =>
  `provider=${provider}, path=${scheme}://${path}`;
