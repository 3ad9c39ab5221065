import { type Part, toTyped } from '../../hydra/hydra.js';
import type { Answer } from '../render/output.js';
import type { Context } from '../verb.js';
import { jobNameIn } from './composed.js';
import { information, type Kind } from './info.js';
import { composing, openTree } from './open.js';
import { type OpenPlace, SHIPPED } from './place.js';

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
  const warnings = place.shipped ? [SHIPPED] : [];
  return composing(() => {
    if (info !== undefined)
      return { ...information(tree, info, place.config, overrides), warnings: warnings.map(warning) };
    // Where a name may be seen: it takes a composition of its own.
    const named = part !== 'job' || resolve;
    const jobName = named ? jobNameIn(tree, place, overrides, { multirun: false, limit: 1 }) : place.jobName;
    const composed = tree.compose(place.config, overrides, { jobName });
    const yaml = composed.yaml({ part, resolve, ...(pkg !== undefined && { package: pkg }) });
    return {
      json: { yaml, config: toTyped(composed.value(part)) },
      text: () => yaml.replace(/\n$/, '').split('\n'),
      warnings: [...warnings, ...composed.warnings].map(warning),
    };
  });
}

const warning = (text: string): string => `warning: ${text}`;
