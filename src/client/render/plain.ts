/**
 * Text from elsewhere (names, notes, paths, errors) on one line of a terminal: what could move the cursor, hide
 * or reorder is shown as an escape. C0, DEL, C1, bidi controls, zero-width characters, line separators, tags.
 */
export const plain = (text: string): string =>
  SUSPICIOUS.test(text) ? text.replace(ALL_SUSPICIOUS, escaped) : text;

const CLASS =
  '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]';
const SUSPICIOUS = new RegExp(CLASS, 'u');
const ALL_SUSPICIOUS = new RegExp(CLASS, 'gu');

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return (
    NAMED[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
  );
}

/** A command line as one would type it into a shell. */
export const shellLine = (argv: readonly string[]): string => argv.map(shellWord).join(' ');

function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  if (SUSPICIOUS.test(word)) return `$'${plain(word.replace(/[\\']/g, '\\$&'))}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
