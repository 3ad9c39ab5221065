import { type Part, toTyped } from '../../hydra/hydra.js';
import type { Answer } from '../render/output.js';
import type { Context } from '../verb.js';
import { information, type Kind } from './info.js';
import { composing, openTree } from './open.js';
import type { OpenPlace } from './place.js';

export interface Wanted {
  part: Part;
  resolve: boolean;
  /** A part of it. */
  package: string | undefined;
  info: Kind | undefined;
}

/** A configuration as it is composed, or how it comes about. @throws ClientError */
export function preview(
  context: Pick<Context, 'env' | 'now'>,
  place: OpenPlace,
  overrides: readonly string[],
  { part, resolve, package: pkg, info }: Wanted,
): Answer {
  const tree = openTree(context, place);
  const warnings = place.shipped ? ['no conf/config.yaml here or above: these come with expd'] : [];
  return composing(() => {
    if (info !== undefined) return { ...information(tree, info, place.config, overrides), warnings };
    const composed = tree.compose(place.config, overrides);
    const yaml = composed.yaml({ part, resolve, ...(pkg !== undefined && { package: pkg }) });
    return {
      json: { yaml, config: toTyped(composed.value(part)) },
      text: () => yaml.replace(/\n$/, '').split('\n'),
      warnings: [...warnings, ...composed.warnings].map((warning) => `warning: ${warning}`),
    };
  });
}
