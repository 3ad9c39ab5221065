import { ClientError } from '../errors.js';
import { laterVerb } from '../later.js';
import { overview, verbHelp } from '../render/help.js';
import { verb } from '../verb.js';
import { findVerb, VERBS } from '../verbs.js';

export const help = verb({
  name: 'help',
  operands: '[VERB]',
  takes: [0, 2],
  summary: 'what expctl can do, or how one verb is written',
  flags: {},
  examples: [['expctl help submit', 'every flag of submit']],
  starts: 'never',
  async run(_, { operands }) {
    const topic = operands.join(' ');
    const found = VERBS.filter(({ name }) => topic === '' || name === topic || name.startsWith(`${topic} `));
    const alias = findVerb(operands)?.verb;
    const verbs = found.length > 0 || alias === undefined ? found : [alias];
    if (verbs.length === 0)
      throw (
        laterVerb(operands) ??
        new ClientError('usage', `there is no verb ${JSON.stringify(topic)}`, 'expctl help')
      );
    const all = topic === '';
    return {
      json: {
        verbs: (all ? VERBS : verbs).map(({ name, aliases = [], summary }) => ({ name, aliases, summary })),
      },
      text: (style) =>
        all
          ? overview(VERBS, style)
          : verbs.flatMap((each, n) => [...(n > 0 ? [''] : []), ...verbHelp(each, style)]),
    };
  },
});
