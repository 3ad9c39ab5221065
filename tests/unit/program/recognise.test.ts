import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { moduleFile } from '../../../src/program/import-path.js';
import { type Program, recognise } from '../../../src/program/recognise.js';
import { consoleScript, type Files, tree, venv } from '../../helpers/python-tree.js';

const APP = `import hydra

@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg):
    pass

if __name__ == "__main__":
    main()
`;
const PLAIN = 'import argparse\nprint("lr=1")\n';

interface Where {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
}

/** The program of a command in a tree, paths in it relative to the tree. */
function seen(command: string, files: Files, { cwd = '.', env = {} }: Where = {}): Program {
  const top = tree(files);
  const fill = (text: string): string => text.replaceAll('{top}', top);
  const variables = Object.entries(env).map(([name, value]) => [name, fill(value)]);
  mkdirSync(join(top, cwd), { recursive: true });
  const program = recognise(
    command.split(' ').map((word) => fill(word).replaceAll('␣', ' ')),
    { cwd: join(top, cwd), env: { PATH: join(top, 'bin'), HOME: top, ...Object.fromEntries(variables) } },
  );
  const plain: unknown = JSON.parse(JSON.stringify(program).replaceAll(`${top}/`, '').replaceAll(top, '.'));
  // The same shape, with shorter paths.
  return plain as Program;
}

describe('a Hydra application behind', () => {
  const files = {
    'train.py': APP,
    'src/train.py': APP,
    'pkg/train.py': APP,
    'pkg/__main__.py': APP,
    'pkg/__init__.py': '',
  };
  /** Commands whose application's own words are `lr=1 -m`. */
  const COMMANDS: [command: string, script: string, module?: string][] = [
    ['python train.py', 'train.py'],
    ['python3 ./train.py', 'train.py'],
    ['python3.11 src/train.py', 'src/train.py'],
    ['/opt/conda/bin/python {top}/train.py', 'train.py'],
    ['python -u train.py', 'train.py'],
    ['python -uOO -X dev -Xfaulthandler -W ignore -Wdefault train.py', 'train.py'],
    ['python --check-hash-based-pycs always train.py', 'train.py'],
    ['python -- train.py', 'train.py'],
    ['python -m pkg.train', 'pkg/train.py', 'pkg.train'],
    ['python -mpkg.train', 'pkg/train.py', 'pkg.train'],
    ['python -um pkg.train', 'pkg/train.py', 'pkg.train'],
    ['python -m pkg', 'pkg/__main__.py', 'pkg'],
    ['python pkg', 'pkg/__main__.py'],
    ['torchrun train.py', 'train.py'],
    ['torchrun --nproc_per_node 2 --standalone train.py', 'train.py'],
    [
      'torchrun --nproc-per-node=2 --nnodes=1 --rdzv-backend c10d --rdzv_endpoint localhost:0 train.py',
      'train.py',
    ],
    ['torchrun --nproc 2 --max-restarts 3 -r 3 -t3 --log-dir logs --tee 3 train.py', 'train.py'],
    ['torchrun -m pkg.train', 'pkg/train.py', 'pkg.train'],
    ['torchrun --standalone --module -- pkg.train', 'pkg/train.py', 'pkg.train'],
    ['torchrun --stand --nproc 2 --modu pkg.train', 'pkg/train.py', 'pkg.train'],
    ['torchrun --run-path {top}/train.py', 'train.py'],
    ['torchrun --no-python python -u train.py', 'train.py'],
    ['python -m torch.distributed.run --nproc_per_node 2 -m pkg.train', 'pkg/train.py', 'pkg.train'],
    ['python -u -m torch.distributed.launch --use_env --master_port 29501 train.py', 'train.py'],
    ['accelerate launch train.py', 'train.py'],
    ['accelerate launch --multi_gpu --num_processes 2 --mixed_precision fp16 train.py', 'train.py'],
    [
      'accelerate launch --num-processes=2 --config_file conf/fsdp.yaml --main_process_port 0 -m pkg.train',
      'pkg/train.py',
      'pkg.train',
    ],
    ['accelerate-launch --use_deepspeed --zero_stage 3 train.py', 'train.py'],
    ['python -m accelerate.commands.launch --cpu train.py', 'train.py'],
    ['python -m accelerate.commands.accelerate_cli launch --cpu train.py', 'train.py'],
    ['deepspeed --num_gpus 2 --no_local_rank train.py', 'train.py'],
    ['uv run train.py', 'train.py'],
    ['uv run python train.py', 'train.py'],
    ['uv run --with rich --extra cu124 -p 3.11 --no-sync python -u train.py', 'train.py'],
    ['uv -q run --python=3.12 -- python -m pkg.train', 'pkg/train.py', 'pkg.train'],
    ['uv run -m pkg.train', 'pkg/train.py', 'pkg.train'],
    ['uv run --script train.py', 'train.py'],
    ['uv run --directory src train.py', 'src/train.py'],
    ['uv --directory src run train.py', 'src/train.py'],
    ['uv run torchrun --nproc_per_node=2 train.py', 'train.py'],
    ['uv run accelerate launch train.py', 'train.py'],
    ['poetry run python train.py', 'train.py'],
    ['poetry -C src run python train.py', 'src/train.py'],
    ['pipenv run python train.py', 'train.py'],
    ['pdm run python train.py', 'train.py'],
    ['conda run -n ml python train.py', 'train.py'],
    ['conda run --no-capture-output --name ml --cwd src python train.py', 'src/train.py'],
    ['micromamba run -p {top}/ml python train.py', 'train.py'],
    ['env A=b C= python train.py', 'train.py'],
    ['env -i -u X -C src --unset=Y A=b python train.py', 'src/train.py'],
    ['env - A=b python train.py', 'train.py'],
    ['nice python train.py', 'train.py'],
    ['nice -n 10 ionice -c 3 nohup python train.py', 'train.py'],
    ['nice -10 setsid -w python train.py', 'train.py'],
    ['time -v -o times.txt python train.py', 'train.py'],
    ['/usr/bin/time --format %e python train.py', 'train.py'],
    ['timeout -k 10 --signal INT 2h python train.py', 'train.py'],
    ['stdbuf -oL -e 0 python train.py', 'train.py'],
    ['taskset -c 0-3 python train.py', 'train.py'],
    ['chrt -b 0 python train.py', 'train.py'],
    ['numactl --cpunodebind=0 -m 0 python train.py', 'train.py'],
    ['xvfb-run -a -s -screen␣0 python train.py', 'train.py'],
  ];

  test.each(COMMANDS)('%s', (command, script, module = '') => {
    const before = command.split(' ').length;
    expect(seen(`${command} lr=1 -m`, files)).toMatchObject({
      kind: 'hydra',
      script,
      module: module === '' ? null : module,
      argsAt: before,
      configPath: { kind: 'text', text: 'conf' },
      configName: { kind: 'text', text: 'config' },
      versionBase: { kind: 'none' },
    });
    expect(seen(command, files)).toMatchObject({ kind: 'hydra', argsAt: before });
  });

  test('a line with #!', () => {
    const lines = [
      '#!/usr/bin/env python',
      '#! /usr/bin/python3 -u',
      '#!/usr/bin/env -S uv run --script',
      '#!/usr/bin/env -S A=b python -u',
    ];
    for (const line of lines)
      for (const [words, at] of [
        ['./train', 1],
        ['nice ./train', 2],
        ['torchrun --no-python ./train', 3],
      ] as const)
        expect(seen(`${words} lr=1`, { train: `${line}\n${APP}` }), line).toMatchObject({
          kind: 'hydra',
          script: 'train',
          argsAt: at,
        });
  });

  test('a script on PATH', () => {
    expect(seen('train lr=1', { 'bin/train': `#!/usr/bin/env python\n${APP}` })).toMatchObject({
      kind: 'hydra',
      script: 'bin/train',
      home: { kind: 'directory', directory: 'bin' },
      argsAt: 1,
    });
  });
});

describe('no Hydra application', () => {
  const COMMANDS: [what: string, command: string, files: Files, program: unknown][] = [
    [
      'key=value words for argparse',
      'python train.py lr=1 seed=2',
      { 'train.py': PLAIN },
      { kind: 'python', why: 'absent', script: 'train.py', argsAt: 2 },
    ],
    [
      'hydra in a comment',
      'python train.py',
      { 'train.py': '# import hydra; @hydra.main()\n' },
      { why: 'absent' },
    ],
    [
      'compose alone',
      'python train.py',
      { 'train.py': 'from hydra import compose, initialize\n' },
      { why: 'unused' },
    ],
    [
      'the decorator in an imported module',
      'python train.py',
      { 'train.py': 'from pkg.app import main\nif __name__ == "__main__":\n    main()\n', 'pkg/app.py': APP },
      { why: 'absent' },
    ],
    [
      'the decorator handed on',
      'python train.py',
      { 'train.py': 'import hydra\nm = hydra.main\n' },
      { why: 'indirect' },
    ],
    [
      'a module of the name hydra',
      'python train.py',
      { 'train.py': APP, 'hydra.py': '' },
      { why: 'shadowed' },
    ],
    [
      'a package of the name hydra',
      'python train.py',
      { 'train.py': APP, 'hydra/__init__.py': '' },
      { why: 'shadowed' },
    ],
    ['code in a word', 'python -c import␣hydra lr=1', {}, { kind: 'python', why: 'inline', argsAt: 3 }],
    ['code of the standard input', 'python - lr=1', {}, { why: 'inline' }],
    ['a session', 'python', {}, { why: 'inline', argsAt: 1 }],
    ['a script that is missing', 'python train.py', {}, { why: 'missing', script: 'train.py' }],
    ['a script that is a device', 'python /dev/zero', {}, { why: 'missing' }],
    [
      'a module that is missing',
      'python -m pkg.train lr=1',
      {},
      { why: 'unknown', module: 'pkg.train', script: null, argsAt: 3 },
    ],
    ['a package that does not run', 'python -m pkg', { 'pkg/__init__.py': APP }, { why: 'unknown' }],
    ['a module of a module', 'python -m pkg.train.x', { 'pkg/train.py': APP }, { why: 'unknown' }],
    ['a launcher of nothing', 'torchrun --standalone', {}, { why: 'inline' }],
    ['another verb of a launcher', 'accelerate config', {}, { kind: 'other' }],
    ['another verb of uv', 'uv pip install hydra-core', {}, { kind: 'other' }],
    ['a tool of uv', 'uvx train', {}, { kind: 'other' }],
    ['another language', 'node train.mjs lr=1', { 'train.mjs': APP }, { kind: 'other' }],
    [
      'a shell script',
      './train.sh lr=1',
      { 'train.sh': '#!/bin/bash\npython train.py\n' },
      { kind: 'other' },
    ],
    ['a program', 'true lr=1', { 'bin/true': '\x7fELF' }, { kind: 'other' }],
    ['a program that is missing', 'train lr=1', {}, { kind: 'other' }],
    ['a script without a right to run', './train', { train: `\n${APP}` }, { kind: 'other' }],
    ['scripts that start one another', './a', { a: '#!{top}/b\n', b: '#!{top}/a\n' }, { kind: 'other' }],
    ['a launcher alone', 'nice', {}, { kind: 'other' }],
    ['words within a word', 'env -S python␣train.py', { 'train.py': APP }, { kind: 'other' }],
  ];

  test.each(COMMANDS)('%s', (_, command, files, program) => {
    expect(seen(command, files)).toMatchObject(program as object);
  });
});

test('words and names that no file can have', () => {
  const top = tree({ 'bin/loop': '-> loop', '.venv/pyvenv.cfg': '', '.venv/bin/python': '#!/bin/false' });
  const env = { PATH: `${top}/bin/loop:${top}/${'x'.repeat(300)}:${top}/bin`, PYTHONPATH: '\0', HOME: '\0' };
  const odd = [
    '',
    '\0',
    'x'.repeat(300),
    `${'x/'.repeat(3000)}y`,
    'loop',
    'bin/loop',
    '-',
    '--',
    '-m',
    '\n',
    '=',
    '@',
    '.',
    '/',
  ];
  const before = [
    [],
    ['python'],
    ['python', '-m'],
    ['uv', 'run'],
    ['torchrun'],
    ['env'],
    ['conda', 'run', '-n'],
    ['nice', '-n'],
  ];
  for (const words of before)
    for (const word of odd)
      for (const cwd of [top, '/nowhere', '\0'])
        for (const more of [[], ['train.py', 'lr=1']])
          expect(recognise([...words, word, ...more], { cwd, env }).kind).not.toBe('hydra');
  expect(recognise([], { cwd: top, env })).toEqual({ kind: 'other' });
});

describe('where modules are found', () => {
  const found = (command: string, files: Files, where: Where = {}): unknown => {
    const program = seen(command, files, where);
    return program.kind === 'other' ? program.kind : program.script;
  };
  const run = 'bin/python -m pkg.train';
  const cases: [what: string, command: string, files: Files, script: string | null, where?: Where][] = [
    ['the working directory', 'python -m train', { 'work/train.py': APP }, 'work/train.py', { cwd: 'work' }],
    ['not the directory of the script', 'python -m train', { 'work/train.py': APP }, null],
    ['not there with -I', 'python -I -m train', { 'train.py': APP }, null],
    ['not there with -P', 'python -P -m train', { 'train.py': APP }, null],
    [
      'not there with PYTHONSAFEPATH',
      'python -m train',
      { 'train.py': APP },
      null,
      { env: { PYTHONSAFEPATH: '1' } },
    ],
    ['a package without __init__', 'python -m pkg.train', { 'pkg/train.py': APP }, 'pkg/train.py'],
    [
      'PYTHONPATH',
      'python -m train',
      { 'lib/b/train.py': APP },
      'lib/b/train.py',
      { env: { PYTHONPATH: 'lib/a:{top}/lib/b' } },
    ],
    ['PYTHONPATH of env', 'env PYTHONPATH=src python -m train', { 'src/train.py': APP }, 'src/train.py'],
    [
      'no PYTHONPATH with -E',
      'python -E -m train',
      { 'src/train.py': APP },
      null,
      { env: { PYTHONPATH: 'src' } },
    ],
    [
      'a regular package before a portion',
      'python -m pkg.train',
      { 'pkg/train.py': APP, 'src/pkg/__init__.py': '', 'src/pkg/train.py': APP },
      'src/pkg/train.py',
      { env: { PYTHONPATH: 'src' } },
    ],
    [
      'any portion',
      'python -m pkg.train',
      { 'pkg/x.py': '', 'src/pkg/train.py': APP },
      'src/pkg/train.py',
      { env: { PYTHONPATH: 'src' } },
    ],
    ['site-packages', run, venv('.', { 'pkg/train.py': APP }), 'lib/python3.11/site-packages/pkg/train.py'],
    ['no site-packages with -S', 'bin/python -S -m pkg.train', venv('.', { 'pkg/train.py': APP }), null],
    [
      'a .pth',
      run,
      { ...venv('.', { 'x.pth': '# src\n\n{top}/src\n' }), 'src/pkg/train.py': APP },
      'src/pkg/train.py',
    ],
    [
      'a .pth of a relative path',
      run,
      { ...venv('.', { 'x.pth': '../../../src\r\n' }), 'src/pkg/train.py': APP },
      'src/pkg/train.py',
    ],
    [
      'a finder of setuptools',
      run,
      {
        ...venv('.', {
          '__editable__.pkg-1.pth': 'import __editable___pkg_1_finder; __editable___pkg_1_finder.install()',
          '__editable___pkg_1_finder.py':
            "from __future__ import annotations\nMAPPING: dict[str, str] = {'other': '/nowhere', 'pkg': '{top}/src/pkg'}\nNAMESPACES: dict[str, list[str]] = {}\n",
        }),
        'src/pkg/__init__.py': '',
        'src/pkg/train.py': APP,
      },
      'src/pkg/train.py',
    ],
    [
      'an interpreter that is a link',
      'python -m pkg.train',
      {
        'bin/python': '-> ../opt/bin/python3.11',
        'opt/bin/python3.11': '#!/bin/false',
        'opt/lib/python3.11/os.py': '',
        'opt/lib/python3.11/site-packages/pkg/train.py': APP,
      },
      'opt/lib/python3.11/site-packages/pkg/train.py',
    ],
    [
      'the user site',
      'python -m pkg.train',
      {
        'bin/python': '-> ../opt/bin/python3.11',
        'opt/bin/python3.11': '#!/bin/false',
        'opt/lib/python3.11/os.py': '',
        '.local/lib/python3.11/site-packages/pkg/train.py': APP,
      },
      '.local/lib/python3.11/site-packages/pkg/train.py',
    ],
    [
      'the packages of the system, where a virtual environment has them',
      'v/bin/python -m pkg.train',
      {
        'v/bin/python': '#!/bin/false',
        'v/pyvenv.cfg':
          'home = {top}/opt/bin\ninclude-system-site-packages = true\nversion_info = 3.11.7.final.0\n',
        'opt/lib/python3.11/site-packages/pkg/train.py': APP,
      },
      'opt/lib/python3.11/site-packages/pkg/train.py',
    ],
    [
      'the environment of uv',
      'uv run -m pkg.train',
      { ...venv('.venv', { 'pkg/train.py': APP }), 'pyproject.toml': '', 'sub/x': '' },
      '.venv/lib/python3.11/site-packages/pkg/train.py',
      { cwd: 'sub' },
    ],
    [
      'an environment that is active',
      'uv run --active python -m pkg.train',
      { ...venv('v', { 'pkg/train.py': APP }), ...venv('.venv'), 'pyproject.toml': '' },
      'v/lib/python3.11/site-packages/pkg/train.py',
      { env: { VIRTUAL_ENV: '{top}/v' } },
    ],
    [
      'the environment of a project',
      'poetry run python -m pkg.train',
      venv('.venv', { 'pkg/train.py': APP }),
      '.venv/lib/python3.11/site-packages/pkg/train.py',
    ],
    [
      'an environment of conda',
      'conda run -n ml python -m pkg.train',
      venv('mini/envs/ml', { 'pkg/train.py': APP }),
      'mini/envs/ml/lib/python3.11/site-packages/pkg/train.py',
      { env: { CONDA_EXE: '{top}/mini/bin/conda' } },
    ],
    [
      'the interpreter of torchrun',
      'v/bin/torchrun -m pkg.train',
      venv('v', {
        'pkg/train.py': APP,
        'bin/torchrun': consoleScript('{top}/v/bin/python', 'torch.distributed.run'),
      }),
      'v/lib/python3.11/site-packages/pkg/train.py',
    ],
    [
      'a shim of pyenv',
      'python -m pkg.train',
      {
        'bin/x': '',
        'py/shims/python': '#!/usr/bin/env bash\n',
        'py/versions/3.11.9/bin/python': '#!/bin/false',
        'py/versions/3.11.9/lib/python3.11/site-packages/pkg/train.py': APP,
        'py/versions/3.11.10/bin/python': '#!/bin/false',
        'py/versions/3.11.10/lib/python3.11/site-packages/pkg/train.py': APP,
        '.python-version': '3.11\n',
      },
      'py/versions/3.11.10/lib/python3.11/site-packages/pkg/train.py',
      { env: { PATH: '{top}/bin:{top}/py/shims' } },
    ],
  ];

  test.each(cases)('%s', (_, command, files, script, where = {}) => {
    expect(found(command, files, where)).toBe(script);
  });

  test('a package of pkg://', () => {
    const top = tree({
      ...venv('.', { 'conf_pkg/conf/__init__.py': '', 'conf_pkg/__init__.py': '' }),
      'train.py': APP,
    });
    const program = recognise(['bin/python', 'train.py'], { cwd: top, env: {} });
    if (program.kind !== 'hydra') throw new Error(program.kind);
    expect(program.python).toBe(join(top, 'bin/python'));
    expect(moduleFile('conf_pkg.conf', program.importPath(), '__init__.py')).toBe(
      join(top, 'lib/python3.11/site-packages/conf_pkg/conf/__init__.py'),
    );
  });
});

describe('a console script', () => {
  const CLI = APP.replace('main()\n', '').replace('if __name__ == "__main__":\n', 'def cli():\n    main()\n');
  const packages = { 'pkg/__init__.py': '', 'pkg/cli.py': CLI };
  const expected = {
    kind: 'hydra',
    script: 'v/lib/python3.11/site-packages/pkg/cli.py',
    module: 'pkg.cli',
    home: { kind: 'module', module: 'pkg.cli' },
    jobName: 'cli',
    argsAt: 1,
  };
  const onPath = { env: { PATH: '{top}/v/bin' } };

  test('of pip', () => {
    const files = venv('v', { ...packages, 'bin/train': consoleScript('{top}/v/bin/python', 'pkg.cli') });
    expect(seen('train lr=1', files, onPath)).toMatchObject(expected);
    expect(seen('v/bin/train lr=1', files)).toMatchObject(expected);
    expect(seen('v/bin/python v/bin/train lr=1', files)).toMatchObject({ ...expected, argsAt: 2 });
  });

  test('of a function that calls the application', () => {
    const files = venv('v', {
      ...packages,
      'bin/train': consoleScript('{top}/v/bin/python', 'pkg.cli', 'cli'),
    });
    expect(seen('train', files, onPath)).toMatchObject(expected);
  });

  test('of one of several applications', () => {
    const cli =
      'import hydra\n@hydra.main(None, "a")\ndef a(c): ...\n@hydra.main(None, "b")\ndef b(c): ...\n';
    const files = venv('v', {
      'pkg/cli.py': cli,
      'bin/train': consoleScript('{top}/v/bin/python', 'pkg.cli', 'b'),
    });
    expect(seen('train', files, onPath)).toMatchObject({ configName: { kind: 'text', text: 'b' } });
  });

  test('of uv, found in the environment of the project', () => {
    const script = `#!{top}/.venv/bin/python
# -*- coding: utf-8 -*-
import sys
from pkg.cli import main
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit(main())
`;
    const files = { ...venv('.venv', { ...packages, 'bin/train': script }), 'pyproject.toml': '' };
    expect(seen('uv run train lr=1', files)).toMatchObject({
      ...expected,
      script: '.venv/lib/python3.11/site-packages/pkg/cli.py',
      argsAt: 3,
    });
  });

  test('whose interpreter stands in a line of the shell', () => {
    for (const line of [
      `'''exec' {top}/v/bin/python "$0" "$@"`,
      `'''exec' "{top}/v/bin/python" "$0" "$@"`,
      `'''exec' "$(dirname -- "$(realpath -- "$0")")"/'python' "$0" "$@"`,
    ]) {
      const script = consoleScript('/bin/sh', 'pkg.cli').replace('\n', `\n${line}\n' '''\n`);
      const files = venv('v', { ...packages, 'bin/train': script });
      expect(seen('train lr=1', files, onPath), line).toMatchObject({ ...expected, python: 'v/bin/python' });
    }
  });

  test('of a module without Hydra, and of none', () => {
    const files = venv('v', {
      'pkg/cli.py': PLAIN,
      'bin/train': consoleScript('{top}/v/bin/python', 'pkg.cli'),
      'bin/test': consoleScript('{top}/v/bin/python', 'pkg.test'),
    });
    expect(seen('train', files, onPath)).toMatchObject({ kind: 'python', why: 'absent', module: 'pkg.cli' });
    expect(seen('test', files, onPath)).toMatchObject({
      kind: 'python',
      why: 'unknown',
      script: 'v/bin/test',
    });
  });

  test('is none that does more, or is called .py', () => {
    const script = consoleScript('{top}/v/bin/python', 'pkg.cli');
    const more = script.replace('import sys\n', 'import sys\nimport os\n');
    const files = venv('v', {
      ...packages,
      'bin/more': more,
      'bin/last': `${script}print(1)\n`,
      'bin/train.py': script,
    });
    expect(seen('last', files, onPath)).toMatchObject({ kind: 'python', why: 'absent', module: null });
    expect(seen('more', files, onPath)).toMatchObject({ kind: 'python', why: 'absent', module: null });
    expect(seen('train.py', files, onPath)).toMatchObject({ kind: 'python', why: 'absent', module: null });
  });
});

describe('as Hydra sees it', () => {
  const place = (command: string, files: Files, where?: Where): unknown => {
    const program = seen(command, files, where);
    return program.kind === 'hydra' ? [program.jobName, program.home] : program;
  };
  const directory = (path: string): unknown => ({ kind: 'directory', directory: path });

  test.each([
    ['train.py', 'train'],
    ['my␣train.v2.py', 'my_train.v2'],
    ['trän(1).py', 'trän1'],
    ['.hidden', '.hidden'],
  ])('%s is the job %s', (script, name) => {
    expect(place(`python ${script}`, { [script.replaceAll('␣', ' ')]: APP })).toEqual([name, directory('.')]);
  });

  test('a package is the job __main__', () => {
    expect(place('python -m pkg', { 'pkg/__main__.py': APP })).toEqual(['__main__', directory('pkg')]);
  });

  test('the directory is that of the link to a script, its own links resolved', () => {
    const files = { 'real/x.py': APP, 'src/train.py': '-> ../real/x.py', link: '-> src' };
    expect(place('python link/train.py', files)).toEqual(['train', directory('src')]);
  });

  test('a launcher that goes elsewhere', () => {
    const files = { 'src/train.py': APP };
    for (const command of [
      'uv run --directory src train.py',
      'env -C src python train.py',
      'conda run --cwd src python train.py',
    ])
      expect(seen(command, files), command).toMatchObject({ kind: 'hydra', cwd: 'src' });
  });

  test('HYDRA_MAIN_MODULE', () => {
    const env = { HYDRA_MAIN_MODULE: 'pkg.other' };
    expect(place('python train.py', { 'train.py': APP }, { env })).toEqual([
      'other',
      { kind: 'module', module: 'pkg.other' },
    ]);
    const command = 'env HYDRA_MAIN_MODULE=pkg.other python train.py';
    expect(place(command, { 'train.py': APP })).toEqual(['other', { kind: 'module', module: 'pkg.other' }]);
  });
});
