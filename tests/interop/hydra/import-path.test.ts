import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { expect } from 'vitest';
import { importPathOf } from '../../../src/program/import-path.js';
import { interopPython } from '../../helpers/interop-python.js';
import { tree } from '../../helpers/python-tree.js';

const { python, test } = interopPython('training');

test('modules are looked for where Python looks for them', () => {
  const cwd = tree({ 'lib/x.py': '' });
  const env = { ...process.env, PYTHONPATH: `lib:${cwd}/other` };
  // Of a virtual environment and of an installation.
  for (const interpreter of [python, realpathSync(python)])
    for (const flags of ['', 'I', 'E', 's', 'S']) {
      const words = [
        ...(flags === '' ? [] : [`-${flags}`]),
        '-c',
        'import json, sys; print(json.dumps(sys.path))',
      ];
      const { stdout, stderr } = spawnSync(interpreter, words, { cwd, env, encoding: 'utf8' });
      const theirs: string[] = JSON.parse(stdout || 'null');
      const sources = theirs.filter((path) => !/\.zip$|\/lib-dynload$/.test(path)).map((path) => path || cwd);
      const ours = importPathOf(cwd, interpreter, flags, { cwd, env, environment: null });
      expect([...ours.directories], `${interpreter} ${flags}\n${stderr}`).toEqual(sources);
    }
});
