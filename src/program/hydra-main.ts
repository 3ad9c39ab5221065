import { closing, codeOf } from './code.js';
import { type Import, importsOf, placesOf } from './hydra-imports.js';
import { agreed, type HydraMain, lineOf, parametersOf } from './hydra-parameters.js';

export type { HydraMain, Parameter } from './hydra-parameters.js';

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
