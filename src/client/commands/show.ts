import { RunsService } from '../../gen/expd/v1/runs.js';
import { whole } from '../arguments.js';
import { shown } from '../render/show.js';
import { verb } from '../verb.js';

const LOG_LINES = 20;

export const show = verb({
  name: 'show',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'all about one run: its attempts, why it is where it is, and how a failed one ended',
  flags: { lines: whole('N', 'lines of a failed run’s log to show, 20 when left out', 0, 10_000, 'n') },
  examples: [
    ['expctl show 7', 'run 7'],
    ['expctl show @', 'the newest run'],
    ['expctl show train --json', 'the newest run named train, for a program'],
  ],
  run: async ({ daemon }, { operands, flags }) =>
    shown(
      await daemon.call(RunsService.get, { run: operands[0]!, logLines: flags.lines ?? LOG_LINES }),
      operands[0]!,
    ),
});
