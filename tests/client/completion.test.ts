import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candidates } from '../../src/client/complete.js';
import { Home } from '../helpers/home.js';

const names = { runs: async () => ['7', 's4', 'train'], sweeps: async () => ['s4'] };
const complete = (...words: string[]) => candidates(words, names);

describe('what may stand there', () => {
  test.each([
    [['su'], ['submit']],
    [['s'], ['submit', 'status', 'show']],
    [
      ['daemon', 'st'],
      ['start', 'stop', 'status'],
    ],
    [
      ['config', ''],
      ['compose', 'diff', 'show'],
    ],
    [
      ['show', ''],
      ['7', 's4', 'train'],
    ],
    [['kill', 't'], ['train']],
    [
      ['logs', '-f', ''],
      ['7', 's4', 'train'],
    ],
    [['logs', '--at'], ['--attempt']],
    [['ls', '--state', 'r'], ['running']],
    [
      ['submit', '--after', ''],
      ['7', 's4', 'train'],
    ],
    [['submit', '--layout', 'f'], ['flat']],
    [['ls', '--sweep', ''], ['s4']],
    [['cancel', 's'], ['s4']],
    [['submit', '--name', ''], []],
    [['submit', '--', 'py'], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['nonsense', ''], []],
  ])('%j', async (words, expected) => {
    expect((await complete(...words)).toSorted()).toEqual(expected.toSorted());
  });

  test('runs are asked for only where one may stand', async () => {
    const ask = () => Promise.reject(new Error('asked'));
    const asked = { runs: ask, sweeps: ask };
    await candidates(['submit', '--'], asked);
    await candidates(['daemon', ''], asked);
    await expect(candidates(['show', ''], asked)).rejects.toThrow('asked');
  });
});

describe('in a shell', () => {
  let home: Home;
  let id: number;
  beforeAll(async () => {
    home = new Home();
    await home.start();
    id = await home.submit(['true'], ['--hold', '--name', 'completed']);
    mkdirSync(join(home.dir, 'bin'));
    const program = join(home.dir, 'bin/expctl');
    writeFileSync(program, `#!/bin/sh\nexec ${home.node} ${home.programs.expctl} "$@"\n`);
    chmodSync(program, 0o755);
  });
  afterAll(() => home.close());

  const shell = (program: string, args: string[]): string => {
    const env = { ...home.env, PATH: `${join(home.dir, 'bin')}:${home.env.PATH}` };
    const { stdout, stderr, status } = spawnSync(program, args, { env, encoding: 'utf8', cwd: home.project });
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  };

  test('bash', () => {
    const bash = (words: string): string =>
      shell('bash', [
        '-c',
        `source <(expctl completion bash); COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _expctl; echo "\${COMPREPLY[@]}"`,
      ]).trim();
    expect(bash('expctl sub')).toBe('submit');
    expect(bash('expctl show ""').split(' ')).toEqual([String(id), 'completed']);
    expect(bash('expctl daemon un')).toBe('uninstall undrain');
  });

  test('sweeps and their jobs', async () => {
    const name = (
      await home.ok('submit', '-q', '-m', '--hold', '--name', 'grid', '--', 'true', 'n=1,2')
    ).trim();
    const words = async (...begun: string[]) =>
      (await home.ok('completion', 'words', '--', ...begun)).trim().split('\n');
    expect((await words('show', '')).toSorted()).toEqual([String(id), 'completed', 'grid', name].toSorted());
    expect(await words('cancel', `${name}.`)).toEqual([`${name}.0`, `${name}.1`]);
    expect(await words('ls', '--sweep', '')).toEqual([name]);
    await home.ok('cancel', name);
    await home.ok('rm', name);
  });

  test('zsh: the script is one, and asks for the words so far', () => {
    const script = `compdef() { }; compadd() { shift; print -l -- \${(P)2:-\${(P)1}}; }; source <(expctl completion zsh); words=(expctl sub); CURRENT=2; _expctl`;
    expect(shell('zsh', ['-f', '-c', script])).toBe('submit\n');
  });

  test('fish', () => {
    const script =
      'expctl completion fish | source; complete -C "expctl sub"; complete -C "expctl show comp"';
    expect(shell('fish', ['--no-config', '-c', script]).trim().split('\n')).toEqual(['submit', 'completed']);
  });
});
