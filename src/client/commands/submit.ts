import type { Run } from '../../gen/expd/v1/runs.js';
import { toggle } from '../arguments.js';
import { show } from '../cli.js';
import { ClientError } from '../errors.js';
import { follow } from '../follow.js';
import { logSink } from '../render/log-sink.js';
import { runJson, sentence } from '../render/run.js';
import { CALL_FLAGS, PLAN_FLAGS, RUN_FLAGS, SWEEP_FLAGS } from '../submit/flags.js';
import { submitMany } from '../submit/many.js';
import { rehearse } from '../submit/rehearsal.js';
import { askedBy, environmentOf, type Outcome, submitOne } from '../submit/single.js';
import { type Context, MANY, verb } from '../verb.js';
import { isNews, resultOf, sweepEndings, waitFor } from '../waiting.js';

export const submit = verb({
  name: 'submit',
  aliases: ['add'],
  operands: '[OVERRIDE…]',
  takes: [0, MANY],
  command: 'orOverrides',
  summary: 'queue a command; it runs in this directory, with this environment, umask and limits',
  flags: {
    ...RUN_FLAGS,
    ...SWEEP_FLAGS,
    ...PLAN_FLAGS,
    ...CALL_FLAGS,
    wait: toggle('wait until the run is over and pass on its exit code'),
    follow: toggle('show its log until it is over and pass on its exit code; of a sweep as --wait', 'f'),
  },
  examples: [
    ['expctl submit -- python train.py --lr 0.1', 'queue a run'],
    [
      'expctl submit --name base --time 2h --after 7 -- ./train.sh',
      'named, with a time limit, once run 7 succeeded',
    ],
    ['expctl submit trainer=digits seed=7', 'what conf/config.yaml says, with overrides'],
    ['expctl submit -m -- python train.py lr=0.1,0.01 seed=range(3)', 'a sweep of six runs'],
    ['expctl submit - < runs.jsonl', 'one {"argv": ["python", "train.py"], "name": "a"} a line'],
  ],
  starts: 'always',
  passesOn: (flags) => flags.has('wait') || flags.has('follow'),
  async run(context, { flags, operands, command, words }) {
    const noSecrets = flags['no-secrets'];
    if (operands[0] === '-') {
      if (operands.length > 1 || command.length > 0 || flags.wait || flags.follow || flags['dry-run'])
        throw new ClientError(
          'usage',
          'submit - reads its commands from standard input',
          'write only flags beside it',
        );
      const { environment, left } = environmentOf(context, noSecrets);
      for (const line of left) context.screen.note(`warning: ${line}`);
      return submitMany(context, words, environment);
    }
    const asked = askedBy(operands, command, words);
    if (flags['dry-run']) return rehearse(context, asked, noSecrets);
    const outcome = await submitOne(context, asked, noSecrets);
    if (outcome.run === null) return outcome.exit;
    const ending = flags.follow
      ? followed(context, outcome)
      : flags.wait
        ? waited(context, outcome)
        : Promise.resolve(0);
    await outcome.recorded;
    return ending;
  },
});

async function waited(context: Context, { name }: Outcome): Promise<number> {
  const tell = (run: Run): void => {
    if (!context.json && !context.quiet && isNews(run))
      void context.screen.write(`${sentence(run, context.screen.style)}\n`);
  };
  const runs = await waitFor(context, [name], tell);
  // Who asked for the bare id gets nothing else.
  if (context.json || !context.quiet)
    await show({ json: { runs: runs.map(runJson) }, text: () => sweepEndings(runs) }, context);
  return resultOf(runs);
}

/** Shows the log of a run until it is over; a sweep has many, and is waited for. */
export function followed(context: Context, outcome: Outcome): Promise<number> {
  const { name } = outcome;
  if (name.startsWith('s')) return waited(context, outcome);
  return follow(
    context,
    { run: name, attempt: 0, tailLines: null, errorStream: false },
    logSink(context.screen, { json: context.json, raw: false, live: true }),
  );
}
