import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigTree } from '../../src/hydra/hydra.js';
import { Expd } from '../daemon.js';
import { type Finding, figure, shown } from '../finding.js';
import { pythonWith } from '../peers.js';
import { output, type Surroundings, timed } from '../process.js';
import { interleaved, median, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';

const JOBS = 1000;
/** Of Hydra, which takes a minute for all. */
const THEIR_JOBS = 50;
const ROUNDS = 7;

/** Real Hydra in the same project: the command line, one composition within a process, a sweep. */
export async function hydra(world: World): Promise<Finding[]> {
  const python = pythonWith('training');
  const project = makeProject(world);
  const expd = new Expd(world, 'hydra');
  const at = { cwd: project, env: { ...expd.surroundings.env, EXPD_WORLD: 'bench' } };
  await expd.start();
  try {
    await expd.block();
    return [await commandLine(expd, python, at), ...(await compositions(expd, python, at))];
  } finally {
    await expd.stop();
  }
}

async function commandLine(expd: Expd, python: string, at: Surroundings): Promise<Finding> {
  const rounds = await interleaved(
    {
      expctl: () => timed(expd.argv('config', 'compose', 'optim.lr=0.5'), at),
      python: () => timed([python, 'app.py', '--cfg', 'job', 'optim.lr=0.5'], at),
    },
    { rounds: ROUNDS, times: 3 },
  );
  return {
    id: 'hydra-command-line',
    title: 'a configuration of 200 lines printed by `expctl config compose`, whole process',
    ours: shown(spread(rounds.expctl), 'ms'),
    beside: `python app.py --cfg job: ${shown(spread(rounds.python), 'ms')}`,
    value: ratios(rounds.expctl, rounds.python),
    unit: '×',
    must: 0.35,
  };
}

async function compositions(expd: Expd, python: string, at: Surroundings): Promise<Finding[]> {
  const conf = join(at.cwd, 'conf');
  const theirs: { one: number[]; all: number[] } = { one: [], all: [] };
  const known: number[] = [];
  const reused = new ConfigTree({ directory: conf });
  const rounds = await interleaved(
    {
      async python() {
        const took: number[] = JSON.parse(await output([python, 'compose.py', conf, `${THEIR_JOBS}`], at));
        theirs.one.push(median(took));
        theirs.all.push((took.reduce((sum, ms) => sum + ms, 0) / THEIR_JOBS) * JOBS);
        return median(took);
      },
      inProcess() {
        known.push(medianOf((seed) => reused.compose('config', words(seed))));
        return medianOf((seed) => new ConfigTree({ directory: conf }).compose('config', words(seed)));
      },
      submit: () =>
        timed(
          expd.argv('submit', '-q', '-m', 'model=a,b', 'optim.lr=0.1,0.2', `seed=range(${JOBS / 4})`),
          at,
        ),
    },
    { rounds: ROUNDS },
  );
  return [
    {
      id: 'hydra-in-process',
      title: 'the same composed within a process that has done so before, all files read anew',
      ours: shown(spread(rounds.inProcess), 'ms'),
      beside: `hydra.compose: ${shown(spread(rounds.python), 'ms')}`,
      value: ratios(rounds.inProcess, rounds.python),
      unit: '×',
      must: 0.02,
      remark: `a tree that has read its files: ${figure(median(known))} ms`,
    },
    {
      id: 'hydra-sweep',
      title: '1,000 jobs expanded, checked and durably queued by `submit -m`, whole process',
      ours: shown(spread(rounds.submit), 'ms'),
      beside: `hydra.compose, ${THEIR_JOBS} jobs scaled: ${shown(spread(theirs.all), 'ms')}`,
      value: ratios(rounds.submit, theirs.all),
      unit: '×',
      must: 0.01,
    },
  ];
}

const words = (seed: number): string[] => [
  `model=${seed % 2 === 0 ? 'a' : 'b'}`,
  `optim.lr=${0.1 / (seed + 1)}`,
  `seed=${seed}`,
];

/** Of as many compositions as Hydra makes, after one that is not counted. */
function medianOf(compose: (seed: number) => unknown): number {
  const took = Array.from({ length: THEIR_JOBS + 1 }, (_, seed) => {
    const begin = performance.now();
    compose(seed);
    return performance.now() - begin;
  });
  return median(took.slice(1));
}

/** An application with its configurations, as people have them: groups with a defaults list, interpolations, comments. */
function makeProject(world: World): string {
  const project = join(world.dir, 'hydra-project');
  const conf = join(project, 'conf');
  cpSync(join(world.programs, 'hydra'), project, { recursive: true });
  const files = configurations();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(conf, path, '..'), { recursive: true });
    writeFileSync(join(conf, path), text);
  }
  return project;
}

function configurations(): Record<string, string> {
  const groups = ['data', 'optim', 'trainer', 'callbacks', 'logger', 'paths'];
  return {
    'config.yaml': `# What is trained.
defaults:
  - model: a
${groups.map((group) => `  - ${group}: default\n`).join('')}  - _self_

seed: 0
name: \${model.name}_\${optim.lr}
expd:
  command: [python, train.py, '--lr=\${optim.lr}', '--seed=\${seed}']
`,
    'model/a.yaml': model('a'),
    'model/b.yaml': `defaults: [a]\nname: b\nlayers: 24\n`,
    ...Object.fromEntries(groups.map((group) => [`${group}/default.yaml`, settings(group)])),
  };
}

const model = (name: string): string =>
  `_target_: project.Model\nname: ${name}\nlayers: 12\nwidth: \${oc.decode:"512"}\n${lines(24, (n) => `block_${n}: {dim: ${n * 16}, act: relu, drop: 1e-${n % 5}}`)}`;

/** 28 lines, as they are printed. */
const settings = (group: string): string =>
  `# Of ${group}.\n_target_: project.${group}\nlr: 1e-3\nroot: \${seed}_${group}\n${lines(13, (n) => `option_${n}: ${n % 3 === 0 ? `"text of ${n}"` : n % 3 === 1 ? `\${seed}` : n / 8}`)}list: [${lines(9, (n) => `${n}, `).replaceAll('\n', '')}9]\n`;

const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('');
