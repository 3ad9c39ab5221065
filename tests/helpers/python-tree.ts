import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Contents by path; `-> target` makes a link, a first line with `#!` an executable file. */
export type Files = Readonly<Record<string, string>>;

/** A directory with these files, `{top}` in them filled in; gone after the test. */
export function tree(files: Files): string {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'expd-program-')));
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(top, name);
    mkdirSync(dirname(path), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), path);
    else writeFileSync(path, content.replaceAll('{top}', top));
    if (content.startsWith('#!')) chmodSync(path, 0o755);
  }
  return top;
}

/** A virtual environment as far as files tell; its interpreter never runs. */
export const venv = (prefix: string, files: Files = {}): Files => ({
  [`${prefix}/pyvenv.cfg`]: 'home = /nowhere/bin\nversion = 3.11.7\n',
  [`${prefix}/bin/python`]: '#!/bin/false',
  [`${prefix}/lib/python3.11/site-packages/README.txt`]: '',
  ...Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      name.startsWith('bin/') ? `${prefix}/${name}` : `${prefix}/lib/python3.11/site-packages/${name}`,
      content,
    ]),
  ),
});

/** As pip writes it. */
export const consoleScript = (python: string, module: string, name = 'main'): string =>
  `#!${python}
# -*- coding: utf-8 -*-
import re
import sys
from ${module} import ${name}
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(${name}())
`;
