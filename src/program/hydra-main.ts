import { argumentsOf, closing, constantText } from './literal.js';
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
  const list = tokens(source);
  const { uses, imported, handedOn } = usesOf(list);
  const applied = uses.filter(({ applies }) => applies);
  if (applied.length > 0) {
    const chosen = chooseFrom(applied, list, entry);
    const read = chosen.map((use) => parametersOf(use, list, source));
    return { kind: 'found', main: read.reduce(agreed) };
  }
  const unclear = uses[0]?.at ?? handedOn;
  if (unclear !== null) return { kind: 'indirect', line: lineOf(source, list[unclear]!.at) };
  return { kind: imported ? 'unused' : 'absent' };
}

/** A call of hydra.main. */
interface Use {
  /** Index of its first token. */
  at: number;
  /** Indices of its brackets. */
  open: number;
  close: number;
  /** Whether a function gets decorated by it. */
  applies: boolean;
  /** The name of that function, or of the result. */
  name: string | null;
}

function usesOf(list: readonly Token[]): { uses: Use[]; imported: boolean; handedOn: number | null } {
  const modules = new Set<string>();
  const functions = new Set<string>();
  const uses: Use[] = [];
  let imported = false;
  let handedOn: number | null = null;
  for (let at = 0; at < list.length; at++) {
    const { kind, text } = list[at]!;
    if (kind !== 'name' || list[at - 1]?.text === '.') continue;
    if (text === 'import' || text === 'from') {
      const found = importAt(list, at);
      for (const [name, what] of found.names) (what === 'module' ? modules : functions).add(name);
      imported ||= found.hydra;
      at = found.end;
    } else if (text === 'def' || text === 'class') {
      // `from hydra import main`, `@main(…)`, `def main(…)`: from here on the name is the function's.
      functions.delete(list[++at]?.text ?? '');
    } else {
      const isModule = modules.has(text) && list[at + 1]?.text === '.' && list[at + 2]?.text === 'main';
      if (!isModule && !functions.has(text)) continue;
      const open = isModule ? at + 3 : at + 1;
      const use = list[open]?.text === '(' ? useAt(list, at, open) : null;
      if (use !== null) uses.push(use);
      // `main=…` is an argument or a rebinding of the name.
      else if (list[open]?.text !== '=') handedOn ??= at;
      at = use === null ? open - 1 : open;
    }
  }
  return { uses, imported, handedOn };
}

/** The names of ours that an import statement binds, and whether Hydra is in it at all. */
function importAt(
  list: readonly Token[],
  start: number,
): { names: [string, 'module' | 'function'][]; hydra: boolean; end: number } {
  const names: [string, 'module' | 'function'][] = [];
  let hydra = false;
  let at = start + 1;
  const dotted = (): string => {
    let name = '';
    while (list[at]?.kind === 'name' && !/^(?:import|as)$/.test(list[at]!.text)) {
      name += list[at++]!.text;
      if (list[at]?.text !== '.') break;
      name += list[at++]!.text;
    }
    return name;
  };
  const alias = (): string | null => {
    if (list[at]?.text !== 'as') return null;
    at += 2;
    return list[at - 1]?.text ?? null;
  };
  const relative = list[start]!.text === 'from' && isDots(list[at]);
  while (relative && isDots(list[at])) at++;
  const from = list[start]!.text === 'from' ? dotted() : null;
  if (from !== null) {
    // `raise … from`, `yield from`.
    if (list[at]?.text !== 'import') return { names, hydra, end: start };
    if (relative) return { names, hydra, end: at };
    at++;
  }
  if (list[at]?.text === '(') at++;
  for (; ; at++) {
    const name = list[at]?.text === '*' ? list[at++]!.text : dotted();
    if (name === '') break;
    const as = alias();
    const whole = from === null ? name : `${from}.${name}`;
    hydra ||= whole === 'hydra' || whole.startsWith('hydra.');
    if (from === null && as === null && whole.split('.')[0] === 'hydra') names.push(['hydra', 'module']);
    else if (whole === 'hydra') names.push([as!, 'module']);
    else if (/^hydra\.(?:main\.)?\*$/.test(whole)) names.push(['main', 'function']);
    else if (/^hydra\.main(?:\.main)?$/.test(whole)) names.push([as ?? 'main', 'function']);
    if (list[at]?.text !== ',') break;
  }
  return { names, hydra, end: at - 1 };
}

const isDots = (token: Token | undefined): boolean => token?.text === '.' || token?.text === '...';

function useAt(list: readonly Token[], at: number, open: number): Use | null {
  const close = closing(list, open);
  if (close === -1) return null;
  const use = { at, open, close };
  if (list[at - 1]?.text === '@') return { ...use, applies: true, name: decorated(list, close + 1) };
  const assigned = list[at - 1]?.text === '=' && list[at - 2]?.kind === 'name' ? list[at - 2]!.text : null;
  const applies =
    list[close + 1]?.text === '(' || (assigned !== null && isUsed(list.slice(close + 1), assigned, '@('));
  return { ...use, applies, name: assigned };
}

/** The function below the decorators that end at `at`. */
function decorated(list: readonly Token[], at: number): string | null {
  for (let next = at; next < list.length; next++) {
    if (list[next]!.text === 'def' && list[next]!.kind === 'name') return list[next + 1]?.text ?? null;
    if (list[next]!.text === 'class') return null;
  }
  return null;
}

/** Whether a name is called (`(`) or stands as a decorator (`@`) in a piece of source. */
function isUsed(list: readonly Token[], name: string, how: string): boolean {
  return list.some(({ kind, text }, at) => {
    if (kind !== 'name' || text !== name) return false;
    const before = list[at - 1]?.text ?? '';
    if (/^(?:\.|def|class)$/.test(before)) return false;
    return (before === '@' && how.includes('@')) || (list[at + 1]?.text === '(' && how.includes('('));
  });
}

/** Of several, the one that runs: the entry's, else those whose function is called, else any of them. */
function chooseFrom(uses: readonly Use[], list: readonly Token[], entry?: string): readonly Use[] {
  const named = uses.filter(({ name }) => name !== null && name === entry);
  if (named.length > 0) return named;
  const called = uses.filter(({ name }) => name !== null && isUsed(list, name, '('));
  return called.length > 0 ? called : uses;
}

const PARAMETERS = ['config_path', 'config_name', 'version_base'];

function parametersOf(use: Use, list: readonly Token[], source: string): HydraMain {
  const given = new Map<string, Parameter>();
  // What `*more` and `**more` give may be any of those that are not named.
  let rest: Parameter = { kind: 'unset' };
  argumentsOf(list.slice(use.open + 1, use.close)).forEach((argument, position) => {
    const name = argument[1]?.text === '=' ? argument[0]!.text : PARAMETERS[position];
    const value = argument[1]?.text === '=' ? argument.slice(2) : argument;
    if (/^\*\*?$/.test(argument[0]!.text)) rest = expression(argument, source);
    else if (name !== undefined && value.length > 0) given.set(name, parameter(value, source));
  });
  const [configPath, configName, versionBase] = PARAMETERS.map((name) => given.get(name) ?? rest);
  return {
    configPath: configPath!,
    configName: configName!,
    versionBase: versionBase!,
    line: lineOf(source, list[use.at]!.at),
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
