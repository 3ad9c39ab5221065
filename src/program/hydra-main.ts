import { closing, codeOf } from './code.js';
import { argumentsOf, constantText } from './literal.js';
import { type Token, tokens } from './tokens.js';

/** What a source gives for a parameter of `hydra.main`. */
export type Parameter =
  | { kind: 'unset' }
  | { kind: 'none' }
  | { kind: 'text'; text: string }
  /** Only Python knows; as written. */
  | { kind: 'expression'; expression: string };

/** The parameters of a `hydra.main`, as its source gives them: no default is filled in, nothing is resolved. */
export interface HydraMain {
  configPath: Parameter;
  configName: Parameter;
  versionBase: Parameter;
  /** The line of `hydra.main`, from 1. */
  line: number;
}

export type Search =
  | { kind: 'found'; main: HydraMain }
  /** Hydra is imported for other things: compose, utils, instantiate. */
  | { kind: 'unused' }
  /** `hydra.main` is used, but handed on: what becomes of it cannot be read. */
  | { kind: 'indirect'; line: number }
  | { kind: 'absent' };

/**
 * Looks for `@hydra.main(…)` in a Python source, under whatever name it was imported, also where it is applied by a
 * call: `hydra.main(…)(train)`, `decorate = hydra.main(…)`. `entry` is the function that is called from outside.
 */
export function findHydraMain(source: string, entry?: string): Search {
  // The one word that no spelling of it does without.
  if (!source.includes('hydra')) return { kind: 'absent' };
  const code = codeOf(source);
  const imports = importsOf(code);
  const uses = mentionsOf(code, imports).map((mention) => useAt(code, mention));
  const applied = uses.filter((use) => use.applies);
  if (applied.length > 0) {
    const read = chooseFrom(applied, code, entry).map((use) => parametersOf(use, source));
    return { kind: 'found', main: read.reduce(agreed) };
  }
  if (uses.length > 0) return { kind: 'indirect', line: lineOf(source, uses[0]!.at) };
  return { kind: imports.length > 0 ? 'unused' : 'absent' };
}

interface Import {
  /** Where the statement stands. */
  at: number;
  end: number;
  /** What it binds: names of the module hydra, names of the function hydra.main. */
  modules: string[];
  functions: string[];
}

/** The statements that import something of Hydra. */
function importsOf(code: string): Import[] {
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
function placesOf(code: string, name: string): number[] {
  const found: number[] = [];
  for (let at = code.indexOf(name); at !== -1; at = code.indexOf(name, at + name.length)) {
    if (WORD.test(code[at + name.length] ?? '') || WORD.test(code[at - 1] ?? '')) continue;
    if (!/\.[ \t]*$/.test(code.slice(Math.max(0, at - 8), at))) found.push(at);
  }
  return found;
}

const WORD = /[\w\u0080-\uffff]/;

interface Mention {
  at: number;
  end: number;
}

/** Where hydra.main is mentioned, behind the imports that bind it, in their order. */
function mentionsOf(code: string, imports: readonly Import[]): Mention[] {
  const modules = new Set(imports.flatMap((statement) => statement.modules));
  const functions = new Set(imports.flatMap((statement) => statement.functions));
  const found: Mention[] = [];
  for (const name of modules)
    for (const at of placesOf(code, name)) {
      const main = /^[ \t]*\.[ \t]*main(?![\w\u0080-\uffff])/.exec(code.slice(at + name.length, at + 100));
      if (main !== null) found.push({ at, end: at + name.length + main[0].length });
    }
  for (const name of functions) {
    const places = placesOf(code, name);
    // `from hydra import main`, `@main(…)`, `def main(…)`: from there on the name is the function's.
    const rebound = places.find((at) => DEFINING.test(code.slice(Math.max(0, at - 10), at)));
    for (const at of places.filter((place) => rebound === undefined || place < rebound)) {
      // `main=…` is an argument or a new value of the name.
      const assigned = /^[ \t]*=(?!=)/.test(code.slice(at + name.length, at + 100));
      if (!assigned) found.push({ at, end: at + name.length });
    }
  }
  return found
    .filter(({ at }) => !imports.some((statement) => statement.at <= at && at < statement.end))
    .sort((a, b) => a.at - b.at);
}

const DEFINING = /(?:def|class)[ \t]+$/;

/** A mention of hydra.main and what is done with it, by places in the source. */
interface Use extends Mention {
  /** Whether it is called and a function gets decorated by what it returns. */
  applies: boolean;
  /** The brackets of the call. */
  open: number;
  close: number;
  /** The name of the function, or of what comes out. */
  name: string | null;
}

function useAt(code: string, mention: Mention): Use {
  const bracket = /^[ \t]*\(/.exec(code.slice(mention.end, mention.end + 100));
  const open = mention.end + (bracket?.[0].length ?? 0) - 1;
  const close = bracket === null ? -1 : closing(code, open);
  const use = { ...mention, open, close, applies: false, name: null };
  if (close === -1) return use;
  const line = code.slice(code.lastIndexOf('\n', mention.at) + 1, mention.at);
  if (/@[ \t]*$/.test(line)) return { ...use, applies: true, name: decorated(code, close) };
  const name = /(?<![\w.])(\w+)[ \t]*=[ \t]*$/.exec(line)?.[1] ?? null;
  const applied = /^[ \t]*\(/.test(code.slice(close + 1, close + 100));
  return { ...use, name, applies: applied || (name !== null && isUsed(code, name, close, /@[ \t]*$/)) };
}

/** The function below a decorator. */
function decorated(code: string, from: number): string | null {
  const [, what, name] = /(?<!\w)(def|class)[ \t]+(\w+)/.exec(code.slice(from)) ?? [];
  return what === 'def' ? name! : null;
}

/** Whether a name is called behind a place, or stands behind `before`. */
function isUsed(code: string, name: string, from: number, before: RegExp | null = null): boolean {
  return placesOf(code, name).some((at) => {
    if (at < from) return false;
    const words = code.slice(Math.max(0, at - 10), at);
    if (DEFINING.test(words)) return false;
    return /^[ \t]*\(/.test(code.slice(at + name.length, at + 100)) || before?.test(words) === true;
  });
}

/** Of several, the one that runs: the entry's, else those whose function is called, else any of them. */
function chooseFrom(uses: readonly Use[], code: string, entry?: string): readonly Use[] {
  const named = uses.filter(({ name }) => name !== null && name === entry);
  if (named.length > 0) return named;
  const called = uses.filter(({ name }) => name !== null && isUsed(code, name, 0));
  return called.length > 0 ? called : uses;
}

const PARAMETERS = ['config_path', 'config_name', 'version_base'];

function parametersOf(use: Use, source: string): HydraMain {
  const text = source.slice(use.open, use.close + 1);
  // Without its brackets and the end of the line.
  const between = tokens(text).slice(1, -2);
  const given = new Map<string, Parameter>();
  // What `*more` and `**more` give may be any of those that are not named.
  let rest: Parameter = { kind: 'unset' };
  argumentsOf(between).forEach((argument, position) => {
    const name = argument[1]?.text === '=' ? argument[0]!.text : PARAMETERS[position];
    const value = argument[1]?.text === '=' ? argument.slice(2) : argument;
    if (/^\*\*?$/.test(argument[0]!.text)) rest = expression(argument, text);
    else if (name !== undefined && value.length > 0) given.set(name, parameter(value, text));
  });
  const [configPath, configName, versionBase] = PARAMETERS.map((name) => given.get(name) ?? rest);
  return {
    configPath: configPath!,
    configName: configName!,
    versionBase: versionBase!,
    line: lineOf(source, use.at),
  };
}

function parameter(value: readonly Token[], source: string): Parameter {
  if (value.length === 1 && value[0]!.text === 'None') return { kind: 'none' };
  const text = constantText(value);
  return text === undefined ? expression(value, source) : { kind: 'text', text };
}

const expression = (list: readonly Token[], source: string): Parameter => ({
  kind: 'expression',
  expression: source.slice(list[0]!.at, list.at(-1)!.end),
});

/** Where several may run, what they agree on. */
function agreed(one: HydraMain, other: HydraMain): HydraMain {
  const both = (a: Parameter, b: Parameter): Parameter =>
    JSON.stringify(a) === JSON.stringify(b)
      ? a
      : { kind: 'expression', expression: `one of several @hydra.main` };
  return {
    configPath: both(one.configPath, other.configPath),
    configName: both(one.configName, other.configName),
    versionBase: both(one.versionBase, other.versionBase),
    line: one.line,
  };
}

const lineOf = (source: string, at: number): number =>
  source
    .slice(0, at)
    .replaceAll('\r\n', '\n')
    .split(/[\r\n]/).length;
