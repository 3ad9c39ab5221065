import { RunsService, type SubmitResponse, type SubmitResult } from '../../gen/expd/v1/runs.js';
import { toggle } from '../arguments.js';
import type { Daemon } from '../connect.js';
import { ClientError } from '../errors.js';
import { requestId } from '../request-id.js';
import { submitted } from '../submit/answer.js';
import { CodeStates } from '../submit/code.js';
import { type Context, MANY, verb } from '../verb.js';
import { ENVIRONMENT_FLAGS, environmentChange } from './again.js';

export const rerun = verb({
  name: 'rerun',
  operands: 'RUN… [OVERRIDE…]',
  takes: [1, MANY],
  command: 'may',
  summary: 'submit what a run or a sweep was made of once more, as a new one',
  flags: { quiet: toggle('print the bare id', 'q'), ...ENVIRONMENT_FLAGS },
  examples: [
    ['expctl rerun 7', 'a new run with the command, directory and options of run 7'],
    ['expctl rerun 7 optim.lr=1e-4', 'the same, its configuration composed from the stored files'],
    ['expctl rerun s4', 'a new sweep of the same jobs'],
    ['expctl rerun 7 -- --lr 0.01', 'the same with words added to the command'],
  ],
  async run(context, { flags, operands, command }) {
    const { daemon, env, screen } = context;
    const runs = operands.filter((word) => !isOverride(word));
    const overrides = operands.filter(isOverride);
    if (overrides.length > 0 && (runs.length !== 1 || command.length > 0))
      throw new ClientError(
        'usage',
        'overrides are for one run, and exclude words for its command',
        'write expctl rerun 7 optim.lr=1e-4',
      );
    const environment = environmentChange(flags, context);
    const composed = overrides.length === 0 ? NOTHING : await composedAnew(context, runs[0] ?? '', overrides);
    const answer: SubmitResponse = await daemon.call(RunsService.rerun, {
      requestId: requestId(),
      runs,
      moreArgv: command,
      environment,
      codeFollows: true,
      ...composed,
    });
    await recordCode(daemon, new CodeStates(env, screen.note), answer);
    return submitted(answer, context.quiet);
  },
});

const isOverride = (word: string): boolean => word.includes('=') || word.startsWith('~');

const NOTHING = { configuration: undefined, argv: [], blobs: [] };

async function composedAnew(context: Context, run: string, overrides: readonly string[]) {
  const [stored, { submission }, { recompose }] = await Promise.all([
    context.daemon.call(RunsService.getConfiguration, { run, tree: true }),
    context.daemon.call(RunsService.get, { run, logLines: 0 }),
    import('../hydra/recompose.js'),
  ]);
  const { argv = [], cwd = '' } = submission ?? {};
  return recompose(context, stored, { argv, cwd }, overrides);
}

/** Where the new runs execute stands in their submissions, which the daemon has; of a sweep it is one place. */
async function recordCode(
  daemon: Daemon,
  codes: CodeStates,
  { results, sweep }: SubmitResponse,
): Promise<void> {
  const directoryOf = async ({ run }: SubmitResult): Promise<string> =>
    run === undefined
      ? ''
      : daemon
          .call(RunsService.get, { run: String(run.id), logLines: 0 })
          .then((found) => found.run?.cwd ?? '');
  const asked = sweep === undefined ? results : results.slice(0, 1);
  const directories = await Promise.all(asked.map(directoryOf));
  await codes.record(
    daemon,
    results,
    results.map((_, n) => directories[n] ?? directories[0] ?? ''),
  );
}
