/** A blank of Python, `str.isspace()`; JavaScript counts others. For a regular expression. */
export const BLANK =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';

const AROUND = new RegExp(`^${BLANK}+|${BLANK}+$`, 'g');

/** `str.strip()`. */
export const strip = (text: string): string => text.replace(AROUND, '');
