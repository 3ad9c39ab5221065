// Backslashes in overrides. In quotes only those count that stand directly before a quote of the same kind or at the
// end: there they come in pairs. Outside, each special character is escaped by one.

type QuoteMark = "'" | '"';

const RUN: Readonly<Record<QuoteMark, RegExp>> = { "'": /\\+(?='|$)/g, '"': /\\+(?="|$)/g };

/** What a quoted text says; `text` includes its quotes. */
export const unquoted = (text: string): string =>
  text
    .slice(1, -1)
    .replace(RUN[text[0] === '"' ? '"' : "'"], (run) => '\\'.repeat(Math.floor(run.length / 2)));

/** In quotes, so that reading it gives `text` again. */
export const quotedText = (text: string, quote: QuoteMark): string =>
  quote + text.replace(RUN[quote], '$&$&').replaceAll(quote, `\\${quote}`) + quote;

/** Special characters, each after a backslash. */
export const escaped = (text: string): string => text.replace(/[\\()[\]{}:=, \t]/g, '\\$&');

/** The text of a run of escapes: every other character. */
export const unescaped = (text: string): string => text.replace(/\\(.)/gs, '$1');

/** A text as the value of an override, in quotes where a sign in it means something there. */
export const valueText = (text: string): string =>
  /^[A-Za-z_./][\w./@+-]*$/.test(text) && !/^(?:null|true|false|inf|nan)$/i.test(text)
    ? text
    : quotedText(text, "'");
