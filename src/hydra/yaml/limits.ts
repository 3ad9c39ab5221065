/** What one text may hold. */
export interface Limits {
  /** Characters of the text. */
  length: number;
  /** Values and keys, counted again wherever an alias or a merge repeats them. */
  nodes: number;
  /** Collections within collections. */
  depth: number;
}

/** Far beyond what people write; Python itself gives up before most of it. */
export const DEFAULT_LIMITS: Limits = { length: 4_000_000, nodes: 300_000, depth: 200 };
