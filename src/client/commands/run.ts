import { CALL_FLAGS, RUN_FLAGS } from '../submit/flags.js';
import { rehearse, submitOne } from '../submit/single.js';
import { verb } from '../verb.js';
import { followed } from './submit.js';

export const run = verb({
  name: 'run',
  operands: '',
  takes: [0, 0],
  command: 'must',
  summary: 'submit and follow: shows the log until the run is over and passes on its exit code',
  flags: { ...RUN_FLAGS, ...CALL_FLAGS },
  examples: [['expctl run -- python train.py', 'Ctrl-C detaches; the run goes on']],
  starts: 'always',
  passesOn: () => true,
  async run(context, { flags, command, words }) {
    const asked = { argv: command, words };
    if (flags['dry-run']) return rehearse(context, asked, flags['no-secrets']);
    const { run, exit, ...rest } = await submitOne(context, asked, flags['no-secrets']);
    if (run === null) return exit;
    const ending = followed(context, run.id);
    await ('recorded' in rest ? rest.recorded : undefined);
    return ending;
  },
});
