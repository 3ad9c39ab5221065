import { one, text, toggle } from '../arguments.js';
import { ClientError } from '../errors.js';
import { KINDS } from '../hydra/info.js';
import { PLACE_FLAGS, projectPlace } from '../hydra/place.js';
import type { Answer } from '../render/output.js';
import { MANY, verb } from '../verb.js';

const PARTS = ['job', 'hydra', 'all'] as const;

export const compose = verb({
  name: 'config compose',
  operands: '[OVERRIDE…]',
  takes: [0, MANY],
  summary: 'compose conf/config.yaml with overrides, exactly as Hydra does, and print it',
  flags: {
    cfg: one('PART', 'what to print: job, hydra or all', oneOf(PARTS)),
    resolve: toggle('follow interpolations'),
    package: text('PACKAGE', 'only this part of it, e.g. optim', 'p'),
    info: one('WHAT', `instead: ${KINDS.join(', ')}`, oneOf(KINDS), 'i'),
    ...PLACE_FLAGS,
  },
  examples: [
    ['expctl config compose trainer=digits optim.lr=3e-4', 'what a run would get'],
    ['expctl config compose --resolve -p optim', 'one part of it, with its values'],
    ['expctl config compose --info defaults-tree', 'which files take part'],
  ],
  starts: 'never',
  async run(context, { flags, operands }): Promise<Answer> {
    const { preview } = await import('../hydra/preview.js');
    const { cfg: part = 'job', resolve, package: pkg, info } = flags;
    const place = projectPlace(flags, context.cwd());
    return preview(context, place, operands, { part, resolve, package: pkg, info });
  },
});

function oneOf<const T extends string>(words: readonly T[]) {
  return (word: string): T => {
    const found = words.find((known) => known === word);
    if (found !== undefined) return found;
    throw new ClientError('usage', `${JSON.stringify(word)} is none of ${words.join(', ')}`);
  };
}
