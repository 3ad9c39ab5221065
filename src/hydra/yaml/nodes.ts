/** What a text holds, with tags resolved and aliases followed: a node may be reached by several ways, even from within. */
export type Node = ScalarNode | SequenceNode | MappingNode;

export interface ScalarNode {
  kind: 'scalar';
  tag: string;
  /** Where it starts, in units of the text. */
  at: number;
  text: string;
}

export interface SequenceNode {
  kind: 'sequence';
  tag: string;
  at: number;
  items: Node[];
}

export interface MappingNode {
  kind: 'mapping';
  tag: string;
  at: number;
  /** Merge keys are entries like others until they are flattened. */
  pairs: Pair[];
}

export type Pair = readonly [key: Node, value: Node];

const standard = <Name extends string>(name: Name) => `tag:yaml.org,2002:${name}` as const;

export const STR = standard('str');
export const NULL = standard('null');
export const BOOL = standard('bool');
export const INT = standard('int');
export const FLOAT = standard('float');
export const BINARY = standard('binary');
export const TIMESTAMP = standard('timestamp');
export const SEQ = standard('seq');
export const MAP = standard('map');
export const SET = standard('set');
export const OMAP = standard('omap');
export const PAIRS = standard('pairs');
export const MERGE = standard('merge');
export const VALUE = standard('value');
export const PATHS: ReadonlySet<string> = new Set([
  standard('python/object/apply:pathlib.Path'),
  standard('python/object/apply:pathlib.PosixPath'),
]);
