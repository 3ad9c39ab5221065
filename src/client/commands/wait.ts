import type { Run } from '../../gen/expd/v1/runs.js';
import { runJson, sentence } from '../render/run.js';
import { MANY, verb } from '../verb.js';
import { isNews, resultOf, sweepEndings, waitFor } from '../waiting.js';

export const wait = verb({
  name: 'wait',
  operands: 'RUN…',
  takes: [1, MANY],
  summary: 'wait until runs are over; passes on the exit code, of several the highest',
  flags: {},
  examples: [
    ['expctl wait 7 && echo good', 'go on when run 7 succeeded'],
    ['expctl wait s4', 'wait for all jobs of sweep s4'],
    ['expctl wait 3,5-9', 'wait for several; Ctrl-C detaches, the runs go on'],
  ],
  passesOn: () => true,
  async run(context, { operands }) {
    const { json, screen } = context;
    // Each is told as it ends: the others may take days.
    const tell = (run: Run): void => {
      if (!json && isNews(run)) void screen.write(`${sentence(run, screen.style)}\n`);
    };
    const runs = await waitFor(context, operands, tell);
    return { json: { runs: runs.map(runJson) }, text: () => sweepEndings(runs), exit: resultOf(runs) };
  },
});
