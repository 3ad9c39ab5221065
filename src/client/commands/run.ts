import { CALL_FLAGS, PLAN_FLAGS, RUN_FLAGS, SWEEP_FLAGS } from '../submit/flags.js';
import { rehearse } from '../submit/rehearsal.js';
import { askedBy, submitOne } from '../submit/single.js';
import { MANY, verb } from '../verb.js';
import { followed } from './submit.js';

export const run = verb({
  name: 'run',
  operands: '[OVERRIDE…]',
  takes: [0, MANY],
  command: 'orOverrides',
  summary: 'submit and follow: shows the log until the run is over and passes on its exit code',
  flags: { ...RUN_FLAGS, ...SWEEP_FLAGS, ...PLAN_FLAGS, ...CALL_FLAGS },
  examples: [
    ['expctl run -- python train.py', 'Ctrl-C detaches; the run goes on'],
    ['expctl run -m -- python train.py lr=0.1,0.01', 'a bar instead of a log, and the highest exit code'],
  ],
  starts: 'always',
  passesOn: () => true,
  async run(context, { flags, operands, command, words }) {
    const asked = askedBy(operands, command, words);
    if (flags['dry-run']) return rehearse(context, asked, flags['no-secrets']);
    const outcome = await submitOne(context, asked, flags['no-secrets']);
    if (outcome.run === null) return outcome.exit;
    const ending = followed(context, outcome);
    await outcome.recorded;
    return ending;
  },
});
