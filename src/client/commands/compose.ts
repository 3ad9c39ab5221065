import { one, text, toggle } from '../arguments.js';
import { ClientError } from '../errors.js';
import { information, KINDS, type Kind } from '../hydra/info.js';
import { composing, library, openTree } from '../hydra/open.js';
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
    const place = projectPlace(flags, context.cwd());
    const tree = await openTree(context, place);
    const warnings = place.shipped ? ['no conf/config.yaml here or above: these come with expd'] : [];
    if (flags.info !== undefined) {
      const kind = flags.info;
      return { ...(await composing(() => information(tree, kind, place.config, operands))), warnings };
    }
    const { toTyped } = await library();
    return composing(() => {
      const composed = tree.compose(place.config, operands);
      const yaml = composed.yaml({
        part: flags.cfg ?? 'job',
        resolve: flags.resolve,
        ...(flags.package !== undefined && { package: flags.package }),
      });
      return {
        json: { yaml, config: toTyped(composed.value(flags.cfg ?? 'job')) },
        text: () => yaml.replace(/\n$/, '').split('\n'),
        warnings: [...warnings, ...composed.warnings].map((warning) => `warning: ${warning}`),
      };
    });
  },
});

function oneOf<const T extends string>(words: readonly T[]) {
  return (word: string): T => {
    const found = words.find((known) => known === word);
    if (found !== undefined) return found;
    throw new ClientError('usage', `${JSON.stringify(word)} is none of ${words.join(', ')}`);
  };
}

export type { Kind };
