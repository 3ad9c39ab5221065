// What the lexers of the two grammars, Hydra's of overrides and OmegaConf's of interpolations, have in common.

/** Rules of one mode in the order of precedence: kind and pattern. */
export type Rules<Kind extends string> = readonly (readonly [Kind, RegExp])[];

/** Patterns must find their longest match by themselves. */
export const rules = <Kind extends string>(table: Partial<Record<Kind, string>>): Rules<Kind> =>
  (Object.keys(table) as Kind[]).map((kind) => [kind, new RegExp(table[kind] ?? '', 'y')]);

/** The longest match at an index; of equally long ones that of the first rule. null: nothing matches. */
export function longest<Kind extends string>(
  table: Rules<Kind>,
  text: string,
  at: number,
): { kind: Kind; text: string } | null {
  let found: { kind: Kind; text: string } | null = null;
  for (const [kind, rule] of table) {
    rule.lastIndex = at;
    const matched = rule.exec(text)?.[0];
    if (matched !== undefined && matched.length > (found?.text.length ?? 0)) found = { kind, text: matched };
  }
  return found;
}

const DIGITS = '[0-9](?:_?[0-9])*';
export const INT = '(?:0|[1-9](?:_?[0-9])*)';
export const SIGNED = `[+-]?${INT}`;
const POINT = `(?:${INT}?\\.${DIGITS}|${INT}\\.)`;
export const FLOAT = `[+-]?(?:(?:${POINT}|${INT})[eE][+-]?${DIGITS}|${POINT}|[Ii][Nn][Ff]|[Nn][Aa][Nn])`;
export const BOOL = '[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]';
export const NULL = '[Nn][Uu][Ll][Ll]';
export const ID = '[A-Za-z_][A-Za-z0-9_-]*';
export const UNQUOTED = '[/\\-\\\\+.$%*@?|]';
/** Characters that a backslash makes plain. */
export const ESCAPE = '(?:\\\\[\\\\()\\[\\]{}:=, \\t])+';
export const BLANK = '[ \\t]*';
