/** A statement that imports something of Hydra. */
export interface Import {
  /** Where the statement stands. */
  at: number;
  end: number;
  /** What it binds: names of the module hydra, names of the function hydra.main. */
  modules: string[];
  functions: string[];
}

/** Those of some code, in their order. */
export function importsOf(code: string): Import[] {
  const found: Import[] = [];
  for (const place of placesOf(code, 'hydra')) {
    if (place < (found.at(-1)?.end ?? 0)) continue;
    // The keyword stands in the line of the module, which what it is imported for may leave in brackets.
    const line = code.lastIndexOf('\n', place) + 1;
    const keyword = line + code.slice(line, place).search(IMPORTING);
    if (keyword < line) continue;
    const [statement, from, list] = IMPORT.exec(code.slice(keyword)) ?? [];
    if (statement === undefined) continue;
    const bound = boundBy(from, list!);
    if (bound !== null) found.push({ at: keyword, end: keyword + statement.length, ...bound });
  }
  return found;
}

/** An import statement up to a name in it. */
const IMPORTING =
  /(?<![\w.])(?:from[ \t]+|(?:from[ \t]*[\w. \t]*?(?<!\w))?import[ \t]*(?:\([ \t]*)?[\w., \t]*)$/;
/** `import a.b as c, d`, `from a import (b, c as d)`. */
const IMPORT = /^(?:from[ \t]+([\w. \t]+?)[ \t]+)?import(?![\w\u0080-\uffff])[ \t]*(\([^()]*\)|[^\r\n;]*)/;

function boundBy(from: string | undefined, list: string): Pick<Import, 'modules' | 'functions'> | null {
  const bound = { modules: [] as string[], functions: [] as string[] };
  let any = false;
  for (const part of list.replaceAll(/[()\s]+/g, ' ').split(',')) {
    const [, name = '', as] = /^ ?([\w.* ]+?)(?: as (\w+))? ?$/.exec(part) ?? [];
    const path = `${from === undefined ? '' : `${from}.`}${name}`.replaceAll(/[ \t]/g, '');
    any ||= /^hydra(?:\.|$)/.test(path);
    if (path === 'hydra' || (from === undefined && as === undefined && /^hydra\./.test(path)))
      bound.modules.push(as ?? 'hydra');
    else if (/^hydra(?:\.main)?(?:\.main|\.\*)$/.test(path)) bound.functions.push(as ?? 'main');
  }
  return any ? bound : null;
}

/** Where a name stands that is nobody's attribute. */
export function placesOf(code: string, name: string): number[] {
  const found: number[] = [];
  for (let at = code.indexOf(name); at !== -1; at = code.indexOf(name, at + name.length)) {
    if (WORD.test(code[at + name.length] ?? '') || WORD.test(code[at - 1] ?? '')) continue;
    if (!/\.[ \t]*$/.test(code.slice(Math.max(0, at - 8), at))) found.push(at);
  }
  return found;
}

const WORD = /[\w\u0080-\uffff]/;
