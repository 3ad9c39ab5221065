import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registersConfigurations } from '../../../src/program/registers.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-registers-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function registers(
  files: Readonly<Record<string, string>>,
  script: string,
  module: string | null = null,
): boolean {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const importPath = () => ({ directories: [dir], editable: new Map<string, string>() });
  return registersConfigurations({ script: join(dir, script), module, importPath });
}

const STORE = 'from hydra.core.config_store import ConfigStore\ncs = ConfigStore.instance()\n';

test.each<[string, Record<string, string>, string, string | null]>([
  ['itself', { 'a.py': STORE }, 'a.py', null],
  ['by an import', { 'a.py': 'import conf\n', 'conf.py': STORE }, 'a.py', null],
  ['by a function that imports', { 'a.py': 'def f():\n    import conf\n', 'conf.py': STORE }, 'a.py', null],
  ['by one of several', { 'a.py': 'import os, conf as c\n', 'conf.py': STORE }, 'a.py', null],
  ['by a package', { 'a.py': 'import p.x\n', 'p/__init__.py': STORE, 'p/x.py': '' }, 'a.py', null],
  ['by a module of a package', { 'a.py': 'from p import (\n  y,\n  x,\n)\n', 'p/x.py': STORE }, 'a.py', null],
  ['at second hand', { 'a.py': 'import b', 'b.py': 'import c', 'c.py': STORE }, 'a.py', null],
  [
    'relatively',
    { 'p/__init__.py': '', 'p/t.py': 'from .conf import C\n', 'p/conf.py': STORE },
    'p/t.py',
    'p.t',
  ],
  ['from above', { 'p/q/t.py': 'from ..conf import C\n', 'p/conf.py': STORE }, 'p/q/t.py', 'p.q.t'],
  ['in a circle', { 'a.py': 'import b', 'b.py': 'import a\nimport c', 'c.py': STORE }, 'a.py', null],
])('registered %s', (_, files, script, module) => {
  expect(registers(files, script, module)).toBe(true);
});

test.each<[string, Record<string, string>]>([
  ['nothing', { 'a.py': 'import os\n' }],
  ['a neighbour that is not imported', { 'a.py': 'import os\n', 'b.py': STORE }],
  ['a comment', { 'a.py': '# ConfigStore\n' }],
  ['a text', { 'a.py': 'x = """\nimport b\nConfigStore"""\n', 'b.py': STORE }],
])('%s registers nothing', (_, files) => {
  expect(registers(files, 'a.py')).toBe(false);
});
