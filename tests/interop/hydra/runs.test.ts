import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Home } from '../../helpers/home.js';
import { interopPython } from '../../helpers/interop-python.js';
import { until } from '../../helpers/until.js';

// Unmodified Hydra applications under expd leave what they leave under Hydra itself, but for the places that expd sets.

const { python, test } = interopPython('training');

let home: Home;
beforeEach(async () => {
  home = new Home();
  await home.start(['--slots', '2']);
});
afterEach(() => home.close());

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(home.project, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Runs the application by itself, in a directory that it is told. */
function alone(words: readonly string[], directory: string): string {
  execFileSync(python, [...words, `hydra.run.dir=${directory}`], {
    cwd: home.project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return directory;
}

/** The files of a run that the application wrote, with their content. */
function left(directory: string): Record<string, string> {
  const ours = /^(?:\.expd|checkpoints|metrics|logs|config\.yaml|metadata\.json|status\.json)(?:\/|$)/;
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !ours.test(path) && statSync(join(directory, path)).isFile())
    .sort();
  return Object.fromEntries(found.map((path) => [path, readFileSync(join(directory, path), 'utf8')]));
}

/** What differs by what expd tells the application, and by the time. */
const comparable = (files: Record<string, string>, directory: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      text
        .replaceAll(directory, '<DIR>')
        .replace(/^ {4}- hydra\.(?:run\.dir|mode|job\.num|job\.id)=.*\n/gm, '')
        .replace(/^ {4}hydra:(?: \[\])?\n/m, '    hydra:\n')
        .replace(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\]/gm, '[<TIME>]')
        // Where expd says so it is RUN, else nothing is said.
        .replace(/^ {2}mode: (?:RUN|null)$/m, '  mode: <MODE>'),
    ]),
  );

async function submitted(flags: string[], words: readonly string[]) {
  const [id] = await ids(flags, words);
  expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  return home.run(id!);
}

async function ids(flags: string[], words: readonly string[]): Promise<number[]> {
  const { results } = JSON.parse(await home.ok('submit', '--json', ...flags, '--', python, ...words));
  return results.map(({ run }: { run: { id: number } }) => run.id);
}

const APP = `
import logging, os
import hydra

log = logging.getLogger(__name__)


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg):
    log.info("lr %s", cfg.lr)
    print(os.path.relpath(os.getcwd(), os.environ.get("EXPD_RUN_DIR", os.getcwd())))
    with open("left.txt", "w") as file:
        file.write(str(cfg.model.width))
    os.environ.get("FAIL") and exit(3)


if __name__ == "__main__":
    main()
`;

const TREE = {
  'train.py': APP,
  'conf/config.yaml': 'defaults:\n  - model: small\n  - _self_\nlr: 0.1\ntext: ${lr} and ${model.width}\n',
  'conf/model/small.yaml': 'width: 8\n',
  'conf/model/large.yaml': 'width: 64\n',
  'conf/hydra/chdir.yaml': 'job:\n  chdir: true\n',
  'conf/hydra/logging.yaml': 'defaults:\n  - override job_logging: mine\n',
  'conf/hydra/job_logging/mine.yaml':
    'version: 1\nformatters: {plain: {format: "%(message)s"}}\nhandlers:\n  file:\n    class: logging.FileHandler\n    formatter: plain\n    filename: ${hydra.runtime.output_dir}/mine.log\nroot: {level: INFO, handlers: [file]}\n',
};

describe('an application with one job', () => {
  const COMMANDS = [
    [],
    ['lr=1e-3', 'model=large', '+new={a: 1, b: [x, y]}'],
    ['+hydra=chdir', 'lr=2'],
    ['+hydra=logging'],
    ['hydra.output_subdir=null', 'lr=3'],
    ['--config-name', 'config', 'lr=4'],
  ];
  for (const words of COMMANDS) test(JSON.stringify(words), () => leavesTheSame(words));

  async function leavesTheSame(words: readonly string[]): Promise<void> {
    write(TREE);
    const run = await submitted([], ['train.py', ...words]);
    const itself = alone(['train.py', ...words], join(home.dir, 'itself'));
    const ours = comparable(left(run.runDir), run.runDir);
    expect(ours).toEqual(comparable(left(itself), itself));
    expect(Object.keys(ours).length).toBeGreaterThan(0);
    // Its log is its own file, and what it prints is the attempt's.
    expect(existsSync(join(run.runDir, 'logs/attempt-1.log'))).toBe(true);
    if (existsSync(join(run.runDir, 'train.log')))
      expect(readFileSync(join(run.runDir, 'train.log'), 'utf8')).toContain('lr ');
  }

  test('a directory of its own is the layout: once per run, or once per start where a time is in it', async () => {
    write({ ...TREE, 'conf/hydra/fixed.yaml': 'run:\n  dir: results/${hydra.job.override_dirname}\n' });
    const run = await submitted([], ['train.py', '+hydra=fixed', 'lr=5']);
    expect(relative(home.project, run.runDir)).toBe('results/+hydra=fixed,lr=5');
    await home.ok('resume', String(run.id), '--fresh').catch(() => home.ok('resume', String(run.id)));
    expect((await home.expctl(['wait', String(run.id)])).code).toBe(0);
    expect((await home.run(run.id)).runDir).toBe(run.runDir);
    const again = await submitted([], ['train.py', '+hydra=fixed', 'lr=5']);
    expect(again.runDir).toBe(`${run.runDir}_2`);
    const timed = await submitted([], ['train.py', 'hydra.run.dir=by/${now:%Y}/${hydra.job.name}']);
    expect(relative(home.project, timed.runDir)).toMatch(/^by\/\d{4}\/train$/);
  });

  test('a structured configuration is left unchecked, and said', async () => {
    write({
      'app.py': `
from dataclasses import dataclass
import hydra
from hydra.core.config_store import ConfigStore

@dataclass
class Config:
    lr: float = 0.1

ConfigStore.instance().store(name="config", node=Config)

@hydra.main(version_base=None, config_name="config")
def main(cfg):
    print(cfg.lr)

main()
`,
    });
    const { stderr, stdout } = await home.expctl(['submit', '-q', '--', python, 'app.py', 'lr=0.5']);
    expect(stderr).toContain('overrides not checked: its code registers configurations (ConfigStore)');
    const id = stdout.trim();
    expect((await home.expctl(['wait', id])).code).toBe(0);
    expect(await home.ok('logs', id)).toBe('0.5\n');
    const run = await home.run(Number(id));
    expect(readFileSync(join(run.runDir, '.hydra/overrides.yaml'), 'utf8')).toBe('- lr=0.5\n');
  });
});

describe('a sweep', () => {
  test('becomes runs, each as Hydra’s own job', async () => {
    write(TREE);
    const jobs = await ids(['-m'], ['train.py', 'model=small,large', 'lr=1,2']);
    for (const id of jobs) expect((await home.expctl(['wait', String(id)])).code).toBe(0);
    execFileSync(
      python,
      ['train.py', '-m', 'model=small,large', 'lr=1,2', `hydra.sweep.dir=${join(home.dir, 'multi')}`],
      { cwd: home.project, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const [number, id] of jobs.entries()) {
      const run = await home.run(id);
      const itself = join(home.dir, 'multi', String(number));
      const ours = sweepless(comparable(left(run.runDir), run.runDir));
      expect(ours).toEqual(sweepless(comparable(left(itself), itself)));
    }
    const [first] = jobs;
    const sweep = dirname(dirname(pointerTo((await home.run(first!)).runDir)));
    expect(readdirSync(sweep).sort()).toEqual(['multirun.yaml', 'runptrs', 'runs_index.json']);
    const theirs = readFileSync(join(home.dir, 'multi/multirun.yaml'), 'utf8');
    expect(withoutHelp(readFileSync(join(sweep, 'multirun.yaml'), 'utf8'))).toBe(
      withoutHelp(
        theirs
          .replace(/^ {4}- hydra\.sweep\.dir=.*\n/m, '')
          .replace(join(home.dir, 'multi'), 'multirun/${now:%Y-%m-%d}/${now:%H-%M-%S}'),
      ),
    );
  });

  const pointerTo = (runDir: string): string => {
    const multiruns = join(home.project, 'outputs/multiruns');
    for (const exp of readdirSync(multiruns))
      for (const pointer of readdirSync(join(multiruns, exp, 'runptrs'))) {
        const link = join(multiruns, exp, 'runptrs', pointer);
        if (join(dirname(link), readlinkSync(link)) === runDir) return link;
      }
    throw new Error(`nothing points to ${runDir}`);
  };
});

/** What Hydra writes of the sweep's own directories and mode into its jobs. */
const sweepless = (files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      text
        .replace(/^ {4}- hydra\.sweep\.dir=.*\n/gm, '')
        .replace(/^ {4}hydra:\n/m, '    hydra:\n')
        .replace(/^ {2}mode: .*$/m, '  mode: <MODE>')
        .replace(/^ {2}run:\n {4}dir: .*\n/m, '')
        .replace(/^ {2}sweep:\n {4}dir: .*\n/m, '  sweep:\n'),
    ]),
  );

/** Texts of --help are not Hydra's; the version is the one that is installed. */
const withoutHelp = (yaml: string): string =>
  yaml
    .replace(/^ {2}(?:help|hydra_help):\n(?: {4}.*\n|\n)*/gm, '')
    .replace(/^ {4}version: 1\.\d.*$/m, '    version: <VERSION>');

test('a layout of one’s own: runs beside each other, the sweep holds links to them', async () => {
  write({
    'pkg/__init__.py': '',
    'pkg/train.py': APP.replace('config_path="conf"', 'config_path="../conf"'),
    'conf/config.yaml': 'defaults:\n  - model: small\n  - hydra: run_single\n  - _self_\nlr: 0.1\nseed: 0\n',
    'conf/model/small.yaml': 'width: 8\n',
    'conf/model/large.yaml': 'width: 64\n',
    'conf/hydra/run_single.yaml': 'run:\n  dir: outputs/runs/run_${now:%Y%m%d-%H%M%S}_${hydra.job.name}\n',
    'conf/hydra/run_multi.yaml':
      'sweep:\n  dir: outputs/multiruns/exp_${now:%Y%m%d-%H%M%S}_${hydra.job.name}\n  subdir: ../../runs/run_${now:%Y%m%d-%H%M%S}_${hydra.job.name}_job${hydra.job.num}\n',
    'conf/hydra/experiment.yaml':
      'defaults:\n  - run_multi\nmode: MULTIRUN\nsweeper:\n  params:\n    model: small,large\n    seed: range(2)\n',
  });
  const jobs = await ids([], ['-m', 'pkg.train', 'hydra=experiment']);
  expect(jobs.length).toBe(4);
  for (const id of jobs) expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  const outputs = join(home.project, 'outputs');
  const names = (directory: string) => readdirSync(join(outputs, directory)).sort();
  await until('who wrote has left', () => !readdirSync(outputs).includes('.writers'));
  expect(readdirSync(outputs).sort()).toEqual(['multiruns', 'runs', 'runs_index.jsonl']);
  expect(names('runs').map((name) => name.replace(/\d{8}-\d{6}/, 'STAMP'))).toEqual(
    [0, 1, 2, 3].map((n) => `run_STAMP_train_job${n}`),
  );
  const [sweep] = names('multiruns');
  expect(sweep).toMatch(/^exp_\d{8}-\d{6}_train$/);
  expect(names(`multiruns/${sweep}`)).toEqual(['multirun.yaml', 'runptrs', 'runs_index.json']);
  expect(names(`multiruns/${sweep}/runptrs`)).toEqual(['0', '1', '2', '3']);
  for (const [number, id] of jobs.entries()) {
    const { runDir } = await home.run(id);
    expect(readlinkSync(join(outputs, 'multiruns', sweep!, 'runptrs', String(number)))).toBe(
      relative(join(outputs, 'multiruns', sweep!, 'runptrs'), runDir),
    );
    const overrides = readFileSync(join(runDir, '.hydra/overrides.yaml'), 'utf8');
    expect(overrides).toBe(
      `- model=${number < 2 ? 'small' : 'large'}\n- seed=${number % 2}\n- hydra=experiment\n`,
    );
    expect(readFileSync(join(runDir, '.hydra/hydra.yaml'), 'utf8')).toContain(`    num: ${number}\n`);
  }
});
