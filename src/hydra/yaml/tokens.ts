/** Signs that say all by where they stand. */
export type Sign =
  | 'document start'
  | 'document end'
  | 'block sequence'
  | 'block mapping'
  | 'block end'
  | '['
  | '{'
  | ']'
  | '}'
  | ','
  | '-'
  | '?'
  | ':'
  | 'end';

export type Token =
  | { kind: Sign; at: number }
  | { kind: 'alias' | 'anchor'; at: number; name: string }
  | TagToken
  | DirectiveToken
  | ScalarToken;

export interface TagToken {
  kind: 'tag';
  at: number;
  /** null: the suffix is the whole tag. */
  handle: string | null;
  suffix: string;
}

export interface DirectiveToken {
  kind: 'directive';
  at: number;
  directive: Directive;
}

export type Directive =
  | { name: 'YAML'; major: number }
  | { name: 'TAG'; handle: string; prefix: string }
  | { name: 'other' };

export interface ScalarToken {
  kind: 'scalar';
  at: number;
  text: string;
  /** Without quotes, and not a block scalar: its text decides on its type. */
  plain: boolean;
}
