import { RunsService } from '../../gen/expd/v1/runs.js';
import { whole } from '../arguments.js';
import { shown } from '../render/show.js';
import { shownSweep } from '../render/show-sweep.js';
import { sweepNamed } from '../render/sweep.js';
import { sweepReport } from '../sweep-report.js';
import { verb } from '../verb.js';

const LOG_LINES = 20;

export const show = verb({
  name: 'show',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'all about a run or a sweep: its attempts, why it is where it is, and how what failed ended',
  flags: { lines: whole('N', 'lines of a failed run’s log to show, 20 when left out', 0, 10_000, 'n') },
  examples: [
    ['expctl show 7', 'run 7'],
    ['expctl show s4', 'sweep s4: how it stands, which jobs failed and which are next'],
    ['expctl show @', 'the newest run'],
    ['expctl show train --json', 'the newest run named train, for a program'],
  ],
  async run({ daemon }, { operands: [asked = ''], flags }) {
    const sweep = sweepNamed(asked);
    if (sweep !== null) return shownSweep(await sweepReport(daemon, sweep));
    return shown(
      await daemon.call(RunsService.get, { run: asked, logLines: flags.lines ?? LOG_LINES }),
      asked,
    );
  },
});
