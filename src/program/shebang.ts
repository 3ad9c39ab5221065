import { dirname, join } from 'node:path';
import { readHead } from './file.js';

/** Beyond this the kernel cuts the line (BINPRM_BUF_SIZE); the trick below needs a second one. */
const HEAD_BYTES = 1024;

/**
 * The words that the kernel puts before the path of a script: its interpreter and at most one argument, which
 * `env -S` splits. Null for a file that is no script. Sees through the shell line that pip and uv write where the path
 * of the interpreter is too long for the kernel, holds a space, or is relative to the script.
 */
export function shebangOf(path: string): string[] | null {
  const [first = '', second = ''] = readHead(path, HEAD_BYTES).split('\n');
  if (!first.startsWith('#!')) return null;
  const [, interpreter, argument] = /^#![ \t]*(\S+)[ \t]*(.*?)[ \t\r]*$/.exec(first) ?? [];
  if (interpreter === undefined) return null;
  const long = /\/sh$/.test(interpreter) ? /^'''exec' (.+) "\$0" "\$@"/.exec(second)?.[1] : undefined;
  if (long !== undefined) return [unquoted(long, dirname(path))];
  const split = /\/env$/.test(interpreter)
    ? /^(?:-S|--split-string=)\s*(.+)$/.exec(argument!)?.[1]
    : undefined;
  if (split !== undefined) return [interpreter, ...split.split(/\s+/)];
  return argument === '' ? [interpreter] : [interpreter, argument!];
}

/** `"/a b/python"`, `'/a b/python'`, or a path behind `$(dirname …)` of the script. */
function unquoted(word: string, directory: string): string {
  const relative = /^"\$\(dirname .+\)"\/(.+)$/.exec(word)?.[1];
  const path = (relative ?? word).replace(/^(["'])(.*)\1$/, '$2');
  return relative === undefined ? path : join(directory, path);
}
