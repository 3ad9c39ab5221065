import { resolve } from 'node:path';
import { experimentFiles } from '../archive/experiment-files.js';
import { pack } from '../archive/pack.js';
import { text } from '../arguments.js';
import { plain } from '../render/plain.js';
import { bytes } from '../render/size.js';
import { verb } from '../verb.js';

export const archive = verb({
  name: 'archive',
  operands: 'EXPERIMENT',
  takes: [1, 1],
  summary: 'pack everything of an experiment into one file: its run directories and its curves',
  flags: { output: text('FILE', 'where to; EXPERIMENT.tar.gz when left out', 'o') },
  examples: [
    ['expctl archive resnet-7', 'the experiment that expctl show calls resnet-7'],
    ['expctl archive 7 -o /backup/resnet.tar.gz', 'the experiment of run 7'],
  ],
  async run(context, { operands: [experiment = ''], flags }) {
    const found = await experimentFiles(context.daemon, experiment);
    const file = resolve(context.cwd(), flags.output ?? `${found.experimentId}.tar.gz`);
    const size = await pack(file, found.project, found.directories);
    return {
      json: { file, bytes: size, runs: found.runs, directories: found.directories },
      text: () => [
        `${plain(file)}  ${bytes(size)}, ${directories(found.directories.length)} of ${count(found.runs)}`,
      ],
      warnings: found.gone.map((path) => `not in it, since it is gone: ${plain(path)}`),
    };
  },
});

const directories = (count: number): string => (count === 1 ? '1 directory' : `${count} directories`);

const count = (runs: readonly number[]): string =>
  runs.length === 1 ? `run ${runs[0]}` : `${runs.length} runs`;
