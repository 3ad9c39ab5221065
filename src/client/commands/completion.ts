import { RunsService } from '../../gen/expd/v1/runs.js';
import { candidates } from '../complete.js';
import { SCRIPTS } from '../completion-scripts.js';
import { ClientError } from '../errors.js';
import { type Context, MANY, verb } from '../verb.js';

export const completion = verb({
  name: 'completion',
  operands: 'bash|zsh|fish',
  takes: [1, MANY],
  command: 'may',
  summary: 'a script that makes the shell complete verbs, flags, ids and names',
  flags: {},
  examples: [
    ['source <(expctl completion bash)', 'in ~/.bashrc; for zsh likewise in ~/.zshrc'],
    ['expctl completion fish | source', 'in ~/.config/fish/config.fish'],
  ],
  starts: 'never',
  async run(context, { operands: [shell = ''], command }) {
    // What the scripts call: the words so far stand behind --, the last is the one to complete.
    if (shell === 'words') return answer(await candidates(command, () => runNames(context)));
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

/** Ids and names of recent runs; none when no daemon runs. */
async function runNames({ daemon }: Context): Promise<string[]> {
  const request = {
    states: [],
    tags: [],
    sinceMs: 0,
    name: '',
    group: '',
    runs: [],
    recent: false,
    beforeId: 0,
  };
  const { runs } = await daemon
    .call(RunsService.list, { ...request, pageSize: 100, sweepId: 0, foldSweeps: false })
    .catch(() => ({ runs: [] }));
  return [...new Set(runs.flatMap(({ id, name }) => [String(id), name]))];
}
