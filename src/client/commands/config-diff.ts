import { RunsService } from '../../gen/expd/v1/runs.js';
import type { Answer } from '../render/output.js';
import { plain } from '../render/plain.js';
import { table } from '../render/table.js';
import { verb } from '../verb.js';

export const configDiff = verb({
  name: 'config diff',
  operands: 'RUN RUN',
  takes: [2, 2],
  summary: 'what differs between the configurations of two runs, by key',
  flags: {},
  examples: [['expctl config diff 7 9', 'optim.lr  0.1  0.01']],
  async run({ daemon }, { operands }): Promise<Answer> {
    const [[one, other], { differences }] = await Promise.all([
      Promise.all(operands.map((run) => daemon.call(RunsService.getConfiguration, { run, tree: false }))),
      import('../../composition/differences.js'),
    ]);
    const rows = differences(one?.configuration, other?.configuration);
    const titles = [one, other].map((found) => String(found?.runId ?? ''));
    return {
      json: { runs: titles.map(Number), differences: rows.map((row) => ({ ...row })) },
      text: (style) =>
        rows.length === 0
          ? ['the configurations are the same']
          : table(
              [
                { title: 'KEY', cell: ({ key }) => plain(key) },
                { title: titles[0] ?? '', cell: ({ one: text }) => plain(text ?? '-') },
                { title: titles[1] ?? '', cell: ({ other: text }) => plain(text ?? '-') },
              ],
              rows,
              style.width,
            ),
    };
  },
});
