import { toggle } from '../arguments.js';
import { show } from '../cli.js';
import { ClientError } from '../errors.js';
import { follow } from '../follow.js';
import { logSink } from '../render/log-sink.js';
import type { Style } from '../render/output.js';
import { runJson, sentence } from '../render/run.js';
import { CALL_FLAGS, RUN_FLAGS } from '../submit/flags.js';
import { submitMany } from '../submit/many.js';
import { environmentOf, rehearse, submitOne } from '../submit/single.js';
import { type Context, verb } from '../verb.js';
import { resultOf, waitFor } from '../waiting.js';

export const submit = verb({
  name: 'submit',
  aliases: ['add'],
  operands: '[-]',
  takes: [0, 1],
  command: 'must',
  summary: 'queue a command; it runs in this directory, with this environment, umask and limits',
  flags: {
    ...RUN_FLAGS,
    ...CALL_FLAGS,
    wait: toggle('wait until the run is over and pass on its exit code'),
    follow: toggle('show its log until it is over and pass on its exit code', 'f'),
  },
  examples: [
    ['expctl submit -- python train.py --lr 0.1', 'queue a run'],
    [
      'expctl submit --name base --time 2h --after 7 -- ./train.sh',
      'named, with a time limit, once run 7 succeeded',
    ],
    ['expctl submit - < runs.jsonl', 'one {"argv": ["python", "train.py"], "name": "a"} a line'],
  ],
  starts: 'always',
  passesOn: (flags) => flags.has('wait') || flags.has('follow'),
  async run(context, { flags, operands, command, words }) {
    const noSecrets = flags['no-secrets'];
    if (operands[0] === '-') {
      if (command.length > 0 || flags.wait || flags.follow || flags['dry-run'])
        throw new ClientError(
          'usage',
          'submit - reads its commands from standard input',
          'write only flags beside it',
        );
      const { environment, left } = environmentOf(context, noSecrets);
      for (const line of left) context.screen.note(`warning: ${line}`);
      return submitMany(context, words, environment);
    }
    const asked = { argv: command, words };
    if (flags['dry-run']) return rehearse(context, asked, noSecrets);
    const { run, exit, ...rest } = await submitOne(context, asked, noSecrets);
    if (run === null) return exit;
    const ending = flags.follow
      ? followed(context, run.id)
      : flags.wait
        ? waited(context, run.id)
        : Promise.resolve(0);
    await ('recorded' in rest ? rest.recorded : undefined);
    return ending;
  },
});

async function waited(context: Context, id: number): Promise<number> {
  const runs = await waitFor(context, [String(id)]);
  const text = (style: Style): string[] => runs.map((run) => sentence(run, style));
  // Who asked for the bare id gets nothing else.
  if (context.json || !context.quiet) await show({ json: { runs: runs.map(runJson) }, text }, context);
  return resultOf(runs);
}

export const followed = (context: Context, id: number): Promise<number> =>
  follow(
    context,
    { run: String(id), attempt: 0, tailLines: null, errorStream: false },
    logSink(context.screen, { json: context.json, raw: false, live: true }),
  );
