/** A search path and the primary configuration in it. */
export interface Place {
  /** Of the primary configuration: absolute, or `pkg://a.b.c`; null: none. */
  directory: string | null;
  /** Searched behind it, absolute. */
  further: readonly string[];
  /** null: there is no primary configuration. */
  config: string | null;
  versionBase: '1.1' | '1.2' | '1.3';
  jobName: string;
  /** What relative paths are relative to. */
  cwd: string;
  /** Where a Python package lies. */
  packages: (dotted: string) => string | null;
}
