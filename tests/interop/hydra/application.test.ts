import { spawnSync } from 'node:child_process';
import { join, normalize } from 'node:path';
import { expect } from 'vitest';
import { recognise } from '../../../src/program/recognise.js';
import { interopPython } from '../../helpers/interop-python.js';
import { consoleScript, type Files, tree } from '../../helpers/python-tree.js';

const { python, test } = interopPython('training');

const app = (decorator: string, imports = 'import hydra'): string => `${imports}
import json, os, sys
from hydra.core.hydra_config import HydraConfig

@${decorator}
def main(cfg):
    node = HydraConfig.get()
    main = [source.path for source in node.runtime.config_sources if source.provider == "main"]
    print(json.dumps([node.job.name, node.job.config_name, node.runtime.version_base, main, cfg.seed]))

if __name__ == "__main__":
    main()
`;

const DECORATED = 'hydra.main(version_base="1.3", config_path="conf", config_name="config")';
const conf = (directory: string): Files => ({
  [`${directory}conf/config.yaml`]: 'seed: 0\n',
  [`${directory}conf/__init__.py`]: '',
});

const COMMANDS: [command: string, files: Files][] = [
  ['{python} train.py seed=1', { 'train.py': app(DECORATED), ...conf('') }],
  [
    '{python} -u -X dev -- src/my␣train.v2.py seed=1',
    { 'src/my train.v2.py': app(DECORATED), ...conf('src/') },
  ],
  [
    '{python} link/train.py seed=1',
    { 'src/train.py': '-> ../real/x.py', 'real/x.py': app(DECORATED), link: '-> src', ...conf('src/') },
  ],
  ['{python} -m pkg.train seed=1', { 'pkg/train.py': app(DECORATED), ...conf('pkg/') }],
  ['{python} -m pkg seed=1', { 'pkg/__main__.py': app(DECORATED), ...conf('pkg/') }],
  ['{python} pkg seed=1', { 'pkg/__main__.py': app(DECORATED), ...conf('pkg/') }],
  [
    'env HYDRA_MAIN_MODULE=pkg.other {python} pkg/train.py seed=1',
    { 'pkg/__init__.py': '', 'pkg/train.py': app(DECORATED), ...conf('pkg/') },
  ],
  [
    './bin/train seed=1',
    {
      'bin/train': consoleScript('{python}', 'pkg.cli'),
      'pkg/__init__.py': '',
      'pkg/cli.py': app(DECORATED),
      ...conf('pkg/'),
    },
  ],
  ['./train.py seed=1', { 'train.py': `#!{python}\n${app(DECORATED)}`, ...conf('') }],
  [
    '{python} src/train.py seed=1',
    { 'src/train.py': app('h("../conf", "config", None)', 'from hydra import main as h'), ...conf('') },
  ],
  [
    '{python} src/train.py seed=1',
    {
      'src/train.py': app('h.main(os.path.join("..", "conf"), "con" r"fig", "1.2")', 'import hydra as h, os'),
      ...conf(''),
    },
  ],
];

test('Hydra runs the program that was recognised, with what was read', () => {
  for (const [command, files] of COMMANDS) {
    const fill = (text: string): string => text.replaceAll('{python}', python);
    const top = tree(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, fill(text)])));
    const argv = command.split(' ').map((word) => fill(word).replaceAll('␣', ' '));
    const env = { ...process.env, PYTHONPATH: top };
    const program = recognise(argv, { cwd: top, env });
    if (program.kind !== 'hydra') throw new Error(`${command}: ${JSON.stringify(program)}`);
    const { configPath, configName, versionBase, home, jobName } = program;
    const path = configPath.kind === 'text' ? configPath.text : '';
    const main =
      home.kind === 'directory'
        ? normalize(join(home.directory, path))
        : [...home.module.split('.').slice(0, -1), path].join('.');
    const version = versionBase.kind === 'text' ? versionBase.text : '1.3';
    const name = configName.kind === 'text' ? configName.text : null;
    // Words behind `argsAt` are Hydra's.
    const words = [
      ...argv.slice(0, program.argsAt),
      'hydra.output_subdir=null',
      'hydra.run.dir=.',
      ...argv.slice(program.argsAt),
    ];
    const { stdout, stderr } = spawnSync(words[0]!, words.slice(1), { cwd: top, env, encoding: 'utf8' });
    expect(JSON.parse(stdout || 'null'), `${command}\n${stderr}`).toEqual([
      jobName,
      name,
      version,
      [main],
      1,
    ]);
  }
});
