import { resolve } from 'node:path';
import { CheckpointsService } from '../../gen/expd/v1/checkpoints.js';
import { toggle } from '../arguments.js';
import { listed, pinned } from '../render/checkpoints.js';
import { verb } from '../verb.js';

export const checkpoints = verb({
  name: 'checkpoints',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'what a run can go on from: step, size, metric, whether it is whole, why it is kept',
  flags: { verify: toggle('read those that nobody has read whole yet; takes as long as the disk does') },
  examples: [
    ['expctl checkpoints 7', 'the checkpoints of run 7, the newest first; → marks what it would resume from'],
    ['expctl checkpoints 7 --verify --json', 'each read whole, for a program'],
  ],
  run: async ({ daemon }, { operands, flags }) =>
    listed(
      await daemon.call(CheckpointsService.listCheckpoints, { run: operands[0]!, verify: flags.verify }),
    ),
});

export const checkpointsPin = pinning('pin', 'keep a checkpoint, whatever retention says', false);
export const checkpointsUnpin = pinning('unpin', 'leave a checkpoint to retention again', true);

function pinning(word: 'pin' | 'unpin', summary: string, unpin: boolean) {
  return verb({
    name: `checkpoints ${word}`,
    operands: 'RUN STEP|PATH',
    takes: [2, 2],
    summary,
    flags: {},
    examples: [[`expctl checkpoints ${word} 7 2000`, `${summary}: that of step 2000 of run 7`]],
    run: async ({ daemon, cwd }, { operands }) => {
      const [run = '', word = ''] = operands;
      const step = /^(?:step-0*)?(\d+)$/.exec(word)?.[1];
      const checkpoint = step ?? resolve(cwd(), word);
      return pinned(await daemon.call(CheckpointsService.pinCheckpoint, { run, checkpoint, unpin }));
    },
  });
}
