import { join } from 'node:path';
import { codeOf } from './code.js';
import { isFile, readText } from './file.js';
import type { HydraProgram } from './recognise.js';

/** What is looked at before giving up. */
const MOST_FILES = 500;

/**
 * Whether a program, or a module of its own project that it imports, registers configurations in code (ConfigStore):
 * then its files do not tell all of its configuration.
 */
export function registersConfigurations({ script, module, importPath }: RegisteringProgram): boolean {
  // What is installed in site directories is nobody's project.
  const roots = importPath().directories.filter(
    (path) => !/\/(?:site|dist)-packages$|\/lib\/python/.test(path),
  );
  const seen = new Set<string>();
  const waiting = [{ file: script, at: module === null ? '' : parent(module) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.file) || seen.size === MOST_FILES) continue;
    seen.add(next.file);
    const code = codeOf(readText(next.file) ?? '');
    if (/\bConfigStore\b|\bhydra_zen\b/.test(code)) return true;
    for (const name of importedBy(code, next.at)) {
      const found = fileOf(name, roots);
      if (found !== null)
        waiting.push({ file: found, at: found.endsWith('/__init__.py') ? name : parent(name) });
    }
  }
  return false;
}

export type RegisteringProgram = Pick<HydraProgram, 'script' | 'module' | 'importPath'>;

const parent = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

const IMPORT =
  /^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]*\(?([\w \t,*\n\\]*)|import[ \t]+([\w. \t,]+))/gm;

/** Names that import statements may mean, absolute; `at`: the package of the module. */
function importedBy(code: string, at: string): string[] {
  return [...code.matchAll(IMPORT)].flatMap(([, from, names = '', plain]) => {
    if (plain !== undefined) return listed(plain).flatMap(withParents);
    const base = absolute(from ?? '', at);
    // What is imported of a package may be a module of it.
    return [...withParents(base), ...listed(names).map((name) => (base === '' ? name : `${base}.${name}`))];
  });
}

/** Importing a.b.c runs a and a.b, too. */
const withParents = (name: string): string[] =>
  name === '' ? [] : name.split('.').map((_, n, parts) => parts.slice(0, n + 1).join('.'));

const listed = (names: string): string[] =>
  names.split(',').flatMap((part) => part.trim().split(/\s+/)[0]?.replace(/^\\/, '') || []);

/** `..conf` in the package a.b is a.conf. */
function absolute(from: string, at: string): string {
  const dots = /^\.*/.exec(from)?.[0].length ?? 0;
  const rest = from.slice(dots);
  if (dots === 0) return rest;
  const above = at === '' ? [] : at.split('.');
  return [...above.slice(0, above.length - (dots - 1)), ...(rest === '' ? [] : [rest])].join('.');
}

function fileOf(name: string, roots: readonly string[]): string | null {
  const path = name.replaceAll('.', '/');
  for (const root of roots)
    for (const file of [join(root, path, '__init__.py'), join(root, `${path}.py`)])
      if (isFile(file)) return file;
  return null;
}
