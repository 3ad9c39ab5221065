import { type Token, tokens } from './tokens.js';

/** What a console script calls. */
export interface Entry {
  module: string;
  /** The function, or the object whose method is called. */
  name: string;
}

/** Longer than any installer writes one. */
const LONGEST = 4096;

/**
 * The entry point that a console script calls, as pip, uv, conda and poetry write it: it imports one name, mends
 * `sys.argv[0]`, and exits with what a call of that name returns. Null for a script that does anything else.
 */
export function entryOf(source: string): Entry | null {
  if (source.length > LONGEST) return null;
  const lines = statements(tokens(source)).filter((line) => !MENDING.test(line));
  const [load, guard, exit] = lines;
  const [, module, name] = /^from ([\w.]+) import (\w+)$/.exec(load ?? '') ?? [];
  const called = /^sys\.exit\((\w+)[\w.]*\(\)\)$/.exec(exit ?? '')?.[1];
  const guarded = /^if __name__==["']__main__["']:$/.test(guard ?? '');
  if (lines.length !== 3 || module === undefined || !guarded || called !== name) return null;
  return { module, name: name! };
}

/** Imports of what the script itself needs, the suffixes of Windows, a line for the shell. */
const MENDING =
  /^(?:'''exec' |import (?:re|sys)(?:,(?:re|sys))*$|(?:el)?if sys\.argv\[0\]\.endswith\(|sys\.argv\[0\]=)/;

/** Logical lines, with one blank between names and none elsewhere; a colon ends one. */
function statements(list: readonly Token[]): string[] {
  const lines = [''];
  list.forEach(({ kind, text }, at) => {
    if (kind === 'newline') lines.push('');
    else lines.push(`${lines.pop()}${kind === 'name' && list[at - 1]?.kind === 'name' ? ' ' : ''}${text}`);
  });
  return lines.filter((line) => line !== '');
}
