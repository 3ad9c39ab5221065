// The bodies of scalars, in lines of about 80 characters where spaces allow it.

/** Where a text starts, and how it goes on. */
export interface Layout {
  /** Characters before it in its line. */
  column: number;
  /** Of its further lines. */
  indent: number;
  /** Keys stay in one line. */
  split: boolean;
}

const WIDTH = 80;

/** Of one line, without blanks at its ends. */
export function foldPlain(text: string, { column, indent, split }: Layout): string {
  if (!split || column + text.length <= WIDTH) return text;
  let folded = '';
  for (const [run] of text.matchAll(/ +|[^ ]+/g)) {
    if (run === ' ' && column > WIDTH) {
      folded += newLine(indent);
      column = indent;
    } else {
      folded += run;
      column += lengthOf(run);
    }
  }
  return folded;
}

/** In single quotes. A line break is written as two, the first of which is folded away. */
export function foldSingle(text: string, { column, indent, split }: Layout): string {
  if (!NEEDS_CARE.test(text) && (!split || column + 1 + text.length <= WIDTH)) return `'${text}'`;
  let folded = "'";
  column++;
  for (const { 0: run, index } of text.matchAll(/ +|'|[\n\x85\u2028\u2029]+|[^ '\n\x85\u2028\u2029]+/g)) {
    const inner = index > 0 && index + run.length < text.length;
    if (run === ' ' && split && inner && column > WIDTH) {
      folded += newLine(indent);
      column = indent;
    } else if (isBreaks(run)) {
      folded += (run.startsWith('\n') ? '\n' : '') + run + ' '.repeat(indent);
      column = indent;
    } else {
      const written = run === "'" ? "''" : run;
      folded += written;
      column += lengthOf(written);
    }
  }
  return `${folded}'`;
}

const NEEDS_CARE = /['\n\x85\u2028\u2029]/;
const isBreaks = (run: string): boolean => /^[\n\x85\u2028\u2029]/.test(run);

/** In double quotes. A line ends with a backslash, and spaces at the start of the next are marked with one. */
export function foldDouble(text: string, { column, indent, split }: Layout): string {
  const chars = Array.from(text);
  let folded = '"';
  column++;
  /** What is not written yet starts here: a line may end before it. */
  let start = 0;
  const write = (data: string, length: number): void => {
    folded += data;
    column += length;
  };
  const flush = (end: number): void => {
    if (start < end) write(chars.slice(start, end).join(''), end - start);
    start = Math.max(start, end);
  };
  chars.forEach((char, at) => {
    const written = escapeOf(char);
    if (written !== undefined) {
      flush(at);
      write(written, written.length);
      start = at + 1;
    }
    const mayEnd = at > 0 && at < chars.length - 1 && (char === ' ' || start >= at);
    if (split && mayEnd && column + (at - start) > WIDTH) {
      flush(at);
      folded += `\\${newLine(indent)}`;
      column = indent;
      if (chars[start] === ' ') write('\\', 1);
    }
  });
  flush(chars.length);
  return `${folded}"`;
}

function escapeOf(char: string): string | undefined {
  const short = SHORT_ESCAPES.get(char);
  if (short !== undefined) return `\\${short}`;
  if (AS_IT_IS.test(char)) return undefined;
  const code = char.codePointAt(0) ?? 0;
  const hex = (width: number): string => code.toString(16).toUpperCase().padStart(width, '0');
  if (code <= 0xff) return `\\x${hex(2)}`;
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

const AS_IT_IS = /^[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/;
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

const newLine = (indent: number): string => `\n${' '.repeat(indent)}`;

/** In characters, not in units. */
export const lengthOf = (text: string): number =>
  /[\ud800-\udbff]/.test(text) ? Array.from(text).length : text.length;
