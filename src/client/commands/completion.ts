import { type ListRequest, type ListResponse, RunsService } from '../../gen/expd/v1/runs.js';
import { candidates, type Names } from '../complete.js';
import { SCRIPTS } from '../completion-scripts.js';
import { ClientError } from '../errors.js';
import { EVERYTHING } from '../listing.js';
import { jobName } from '../render/run.js';
import { sweepName, sweepNamed } from '../render/sweep.js';
import { type Context, MANY, verb } from '../verb.js';

export const completion = verb({
  name: 'completion',
  operands: 'bash|zsh|fish',
  takes: [1, MANY],
  command: 'may',
  summary: 'a script that makes the shell complete verbs, flags, and the ids and names of runs and sweeps',
  flags: {},
  examples: [
    ['source <(expctl completion bash)', 'in ~/.bashrc; for zsh likewise in ~/.zshrc'],
    ['expctl completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  starts: 'never',
  async run(context, { operands: [shell = ''], command }) {
    // What the scripts call: the words so far stand behind --, the last is the one to complete.
    if (shell === 'words') return answer(await candidates(command, namesIn(context)));
    const script = SCRIPTS[shell];
    if (script === undefined)
      throw new ClientError(
        'usage',
        `${JSON.stringify(shell)} is no shell that is known`,
        'bash, zsh or fish',
      );
    return { json: { script }, text: () => [script.trimEnd()] };
  },
});

const answer = (words: readonly string[]) => ({ json: { words }, text: () => words });

const SHOWN = 100;
const NONE: Pick<ListResponse, 'runs' | 'sweeps'> = { runs: [], sweeps: [] };

/** Recent runs and sweeps; none when no daemon runs. */
function namesIn({ daemon }: Context): Names {
  const list = (changes: Partial<ListRequest>) =>
    daemon
      .call(RunsService.list, { ...EVERYTHING, pageSize: SHOWN, foldSweeps: true, ...changes })
      .catch(() => NONE);
  return {
    async runs(begun) {
      const sweep = sweepNamed(begun.split('.', 1)[0] ?? '');
      if (sweep !== null && begun.includes('.')) {
        const { runs } = await list({ sweepId: sweep, foldSweeps: false });
        return runs.toSorted((a, b) => a.job - b.job).map(jobName);
      }
      const { runs, sweeps } = await list({});
      return [
        ...new Set([
          ...sweeps.flatMap((one) => [sweepName(one), one.name]),
          ...runs.flatMap(({ id, name }) => [String(id), name]),
        ]),
      ];
    },
    sweeps: async () => (await list({})).sweeps.map(sweepName),
  };
}
