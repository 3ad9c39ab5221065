/** What the characters of a text allow at most: the later ones always do. */
export type Quotes = 'none' | 'single' | 'double';

/** How a text can be written in a block, as far as its characters decide: it may still look like a number. */
export function leastQuotes(text: string): Quotes {
  if (SIMPLE.test(text)) return 'none';
  if (ESCAPED_BREAK.test(text) || SPECIAL.test(text) || !text.isWellFormed()) return 'double';
  return BLANK_END.test(text) || INDICATOR.test(text) ? 'single' : 'none';
}

export const isMultiline = (text: string): boolean => BREAK.test(text);

/** Nothing in it asks for a closer look: most texts. */
const SIMPLE = /^[A-Za-z0-9_$/][\w$/{}.,-]*$/;

const BREAK = /[\n\x85\u2028\u2029]/;
/** Single quotes lose spaces beside line breaks. */
const ESCAPED_BREAK = / [\n\x85\u2028\u2029]|[\n\x85\u2028\u2029] /;
/** Characters that only an escape can write. That the last one of Unicode is among them is a slip of PyYAML's. */
const SPECIAL = /[\0-\x09\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]|\u{10ffff}/u;
/** Without quotes, blanks at the ends get lost; texts of several lines are always quoted. */
const BLANK_END = /^$|^ | $|[\n\x85\u2028\u2029]/;
/** What means something at the start, or within: `-`, `?` and `:` do when a blank follows, `#` when one precedes. */
const INDICATOR = /^(?:[#,[\]{}&*!|>'"%@`]|---|\.\.\.|[-?](?: |$))|:(?: |$)| #/;
