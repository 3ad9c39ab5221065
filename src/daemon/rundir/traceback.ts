/** More lines than this after a traceback (a long message, a logger's last words): the log does not end in it. */
const TRAILING_LINES = 12;
/** Shown of one traceback; the end counts. */
const SHOWN_LINES = 60;

/**
 * The uncaught Python or Node.js traceback with which a log ends, or null. `tail`: the last 64 KiB are plenty; lines
 * may have a `[rank0]:` before them, as PyTorch's have.
 */
export function lastTraceback(tail: string): string | null {
  const lines = tail
    .replace(/\x1b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.replace(/^\[rank\d+\]: ?/, '').replace(/\r$/, ''));
  while (lines.at(-1)?.trim() === '') lines.pop();
  const found = node(lines) ?? python(lines);
  return found === null ? null : found.slice(-SHOWN_LINES).join('\n');
}

const PYTHON_START = 'Traceback (most recent call last):';
const CHAINED =
  /^(During handling of the above exception, another exception occurred|The above exception was the direct cause of the following exception):$/;
const PYTHON_ERROR = /^(?:[A-Za-z_][\w.]*\.)?[A-Za-z_]\w*(?::.*)?$/;

function python(lines: string[]): string[] | null {
  const start = lines.lastIndexOf(PYTHON_START);
  if (start < 0) return syntaxError(lines);
  let error = start + 1;
  while (error < lines.length && /^(\s|$)/.test(lines[error]!)) error++;
  if (error === start + 1 || error >= lines.length || !PYTHON_ERROR.test(lines[error]!)) return null;
  if (lines.length - 1 - error > TRAILING_LINES) return null;
  return lines.slice(chainStart(lines, start));
}

/** The first of a chain of exceptions names the cause. */
function chainStart(lines: string[], start: number): number {
  const link = lines.slice(0, start).findLastIndex((line) => line.trim() !== '');
  if (link < 0 || !CHAINED.test(lines[link]!)) return start;
  const earlier = lines.slice(0, link).lastIndexOf(PYTHON_START);
  return earlier < 0 ? start : chainStart(lines, earlier);
}

/** Python reports these without the usual first line. */
function syntaxError(lines: string[]): string[] | null {
  const error = lines.findLastIndex((line) => /^(SyntaxError|IndentationError|TabError): /.test(line));
  if (error < 0 || lines.length - 1 - error > TRAILING_LINES) return null;
  const start = lines.slice(0, error).findLastIndex((line) => line.startsWith('  File "'));
  return start < 0 || error - start > 4 ? null : lines.slice(start);
}

/** Node.js ends with its version; before that the place, the source line, the caret, the error and its stack. */
function node(lines: string[]): string[] | null {
  if (!/^Node\.js v\d+\.\d+\.\d+$/.test(lines.at(-1) ?? '')) return null;
  const body = lines.slice(0, -1);
  const caret = body.findLastIndex((line) => /^\s*\^+\s*$/.test(line));
  const place = body.slice(0, Math.max(caret, 0)).findLastIndex((line) => /^\S.*:\d+$/.test(line));
  if (place >= 0) return body.slice(place);
  const stack = body.findIndex((line) => /^ {4}at /.test(line));
  return stack > 0 ? body.slice(stack - 1) : body.slice(-SHOWN_LINES);
}
