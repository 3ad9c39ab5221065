import { ConfigTree, Dict, FileSource, HydraError } from '../../hydra/hydra.js';
import { UserError } from '../errors.js';
import { checkLayout, type Layout } from './layout.js';

export type Layouts = ReadonlyMap<string, Layout>;

/**
 * The group `layout` of these directories, composed as Hydra composes: an earlier directory wins, one that is missing
 * holds none, and a layout may begin with another (`defaults: [flat]`). `shipped` is searched last.
 * @throws UserError for a file that is no layout.
 */
export function readLayouts(shipped: string, own: readonly string[] = []): Layouts {
  const tree = new ConfigTree({
    directory: shipped,
    sources: own.map((directory) => new FileSource('settings', directory)),
    env: {},
  });
  return new Map(tree.options('layout').map((name) => [name, readLayout(tree, name)]));
}

/** @throws UserError naming the layouts that exist. */
export function layoutNamed(layouts: Layouts, name: string): Layout {
  const layout = layouts.get(name);
  if (layout) return layout;
  throw new UserError(
    'usage',
    `no layout ${JSON.stringify(name)}`,
    `one of: ${[...layouts.keys()].sort().join(' ')}`,
  );
}

function readLayout(tree: ConfigTree, name: string): Layout {
  const invalid = (why: string): UserError => new UserError('usage', `layout ${name}: ${why}`);
  try {
    const composed = tree.compose(null, [`+layout=${name}`]).value();
    const paths = composed instanceof Dict ? composed.get('layout') : undefined;
    const per = paths instanceof Dict ? paths.get('per') : undefined;
    if (!(paths instanceof Dict) || (per !== 'attempt' && per !== 'run'))
      throw invalid('needs run.dir, job.dir, sweep.dir and per: attempt or run');
    return checkLayout({ name, paths, per });
  } catch (error) {
    if (error instanceof HydraError) throw invalid(error.message);
    throw error;
  }
}
