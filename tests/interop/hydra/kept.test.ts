import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Home } from '../../helpers/home.js';
import { interopPython } from '../../helpers/interop-python.js';

// Configurations that expd composes and keeps: what reaches the run, what changes meanwhile, what is composed again.

const { python, test } = interopPython('training');

let home: Home;
beforeEach(() => {
  home = new Home();
  write({
    'conf/config.yaml': [
      'defaults:',
      '  - optim: sgd',
      '  - _self_',
      'seed: 0',
      'f: 1.0',
      'where: ${hydra:runtime.output_dir}',
      'mine: ${mine:1}',
      'expd:',
      '  command: [python3, show.py, "${optim.lr}"]',
      '',
    ].join('\n'),
    'conf/optim/sgd.yaml': 'lr: 0.1\n',
    'conf/optim/adam.yaml': 'lr: 1e-4\n',
    'show.py':
      'import json, os, sys\nprint(sys.argv[1:], json.dumps(json.load(open(os.environ["EXPD_CONFIG"]))), oct(os.stat(os.environ["EXPD_CONFIG"]).st_mode & 0o777))\n',
    // The same configuration in Hydra's own hands.
    'itself.py':
      'import hydra\n\n@hydra.main(version_base="1.3", config_path="conf", config_name="config")\ndef main(cfg): pass\n\nmain()\n',
    'print.py':
      'import hydra\n\n@hydra.main(version_base="1.3", config_path="conf", config_name="config")\ndef main(cfg):\n    print(cfg.optim.lr, cfg.seed)\n\nmain()\n',
  });
});
afterEach(() => home.close());

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(home.project, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

async function ended(...words: string[]): Promise<number> {
  const id = (await home.ok('submit', '-q', ...words)).trim();
  await home.expctl(['wait', id]);
  return Number(id);
}

describe('the expd node', () => {
  test('leaves the files that Hydra would, and JSON for the run', async () => {
    await home.start();
    const id = await ended('optim=adam', 'seed=7', '+new.x=[1, 2]');
    const { runDir } = await home.run(id);
    const config = `{"optim": {"lr": 0.0001}, "seed": 7, "f": 1.0, "where": "${runDir}", "mine": "\${mine:1}", "expd": {"command": ["python3", "show.py", 0.0001]}, "new": {"x": [1, 2]}}`;
    expect(await home.ok('logs', String(id))).toBe(`['0.0001'] ${config} 0o600\n`);
    const itself = join(home.dir, 'itself');
    const words = ['itself.py', 'optim=adam', 'seed=7', '+new.x=[1, 2]', `hydra.run.dir=${itself}`];
    execFileSync(python, words, { cwd: home.project, stdio: 'pipe' });
    const file = (directory: string, name: string) => readFileSync(join(directory, '.hydra', name), 'utf8');
    expect(readdirSync(join(runDir, '.hydra')).sort()).toEqual([
      'config.yaml',
      'hydra.yaml',
      'overrides.yaml',
    ]);
    for (const name of ['config.yaml', 'overrides.yaml']) expect(file(runDir, name)).toBe(file(itself, name));
    expect(comparable(file(runDir, 'hydra.yaml'), runDir)).toBe(
      comparable(file(itself, 'hydra.yaml'), itself),
    );
    expect(statSync(join(runDir, '.hydra/config.yaml')).mode & 0o777).toBe(0o600);
  });
});

/** Without the texts of --help, which are not Hydra's, and what was said for this test alone. */
const comparable = (yaml: string, directory: string): string =>
  yaml
    .replaceAll(directory, '<DIR>')
    .replace(/^ {2}(?:help|hydra_help):\n(?: {4}.*\n|\n)*/gm, '')
    .replace(/^ {4}version: 1\.\d.*$/m, '    version: <VERSION>')
    .replace(/^ {4}dir: (?:<DIR>|outputs\/.*)$/m, '    dir: <RUN DIR>')
    .replace(/^ {4}- hydra\.run\.dir=.*\n/m, '')
    .replace(/^ {4}name: (?:show|itself)$/m, '    name: <NAME>');

describe('files that change between submission and start', () => {
  const change = () => write({ 'conf/optim/sgd.yaml': 'lr: 0.5\n' });

  test('are said, in the log and by show', async () => {
    await home.start();
    const id = (await home.ok('submit', '-q', '--hold', '--', python, 'print.py', 'seed=1')).trim();
    change();
    await home.ok('release', id);
    expect((await home.expctl(['wait', id])).code).toBe(0);
    expect(await home.ok('logs', id)).toBe(
      '[expd] configuration changed since submission: optim.lr (0.1 → 0.5)\n0.5 1\n',
    );
    expect(await home.ok('show', id)).toContain('configuration changed since submission: optim.lr');
  });

  test('hold the run where the settings say so, until somebody releases it', async () => {
    await home.start(['--config-drift', 'hold']);
    const id = (await home.ok('submit', '-q', '--hold', '--', python, 'print.py')).trim();
    change();
    await home.ok('release', id);
    await home.untilState(Number(id), 'held');
    expect((await home.run(Number(id))).reason?.text).toBe(
      'configuration changed since submission: optim.lr (0.1 → 0.5)',
    );
    await home.ok('release', id);
    expect((await home.expctl(['wait', id])).code).toBe(0);
    expect(await home.ok('logs', id)).toMatch(/0\.5 0\n$/);
  });

  test('are no matter to a run with --pin-config', async () => {
    await home.start();
    const command = ['--hold', '--pin-config', '--', python, 'print.py', 'seed=3'];
    const id = (await home.ok('submit', '-q', ...command)).trim();
    rmSync(join(home.project, 'conf'), { recursive: true });
    await home.ok('release', id);
    expect((await home.expctl(['wait', id])).code).toBe(0);
    expect(await home.ok('logs', id)).toBe('0.1 3\n');
  });
});

describe('again', () => {
  test('rerun composes from the files that were kept; config diff says what differs', async () => {
    await home.start();
    const first = await ended('--', python, 'print.py', 'optim=adam', 'seed=3');
    rmSync(join(home.project, 'conf'), { recursive: true });
    const rerun = async (...words: string[]): Promise<number> => {
      const id = (await home.ok('rerun', '-q', ...words)).trim();
      await home.expctl(['wait', id]);
      return Number(id);
    };
    const other = await rerun(String(first), 'optim=sgd', 'optim.lr=0.25', '+new=1');
    expect(await home.ok('logs', String(other))).toBe('0.25 3\n');
    const same = await rerun(String(first));
    expect(await home.ok('logs', String(same))).toBe('0.0001 3\n');
    const rows = (await home.ok('config', 'diff', String(first), String(other))).trim().split('\n');
    expect(rows.map((row) => row.trim().split(/ {2,}/))).toEqual([
      ['KEY', String(first), String(other)],
      ['optim.lr', '0.0001', '0.25'],
      ['new', '-', '1'],
    ]);
    expect(await home.ok('config', 'diff', String(first), String(same))).toBe(
      'the configurations are the same\n',
    );
    const bad = await home.expctl(['rerun', String(first), 'optm=sgd']);
    expect([bad.code, bad.stderr.split('\n')[0]]).toEqual([
      2,
      "expctl: Could not override 'optm': there is no key 'optm'; did you mean 'optim'?",
    ]);
  });

  test('rerun of a composed run', async () => {
    await home.start();
    const first = await ended('optim=adam');
    const again = (await home.ok('rerun', '-q', String(first), 'optim.lr=2')).trim();
    await home.expctl(['wait', again]);
    expect(await home.ok('logs', again)).toMatch(/^\['2'\] \{"optim": \{"lr": 2\}, /);
  });
});
