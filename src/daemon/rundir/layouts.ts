import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigTree, Dict, FileSource, HydraError } from '../../hydra/hydra.js';
import { UserError } from '../errors.js';
import { checkLayout, type Layout } from './layout.js';

/** The layouts that there are. */
export interface Layouts {
  readonly names: readonly string[];
  /** @throws UserError naming those that exist */
  known(name: string): void;
  /** Composed when it is first asked for. @throws UserError, also for a file that is no layout */
  named(name: string): Layout;
}

/**
 * The group `layout` of these directories, composed as Hydra composes: an earlier directory wins, one that is missing
 * holds none, and a layout may begin with another (`defaults: [flat]`). `shipped` is searched last.
 * @throws UserError for a file of one's own that is no layout.
 */
export function readLayouts(shipped: string, own: readonly string[] = []): Layouts {
  const tree = new ConfigTree({
    directory: shipped,
    sources: own.map((directory) => new FileSource('settings', directory)),
    env: {},
  });
  const names = tree.options('layout');
  const composed = new Map<string, Layout>();
  const known = (name: string): void => {
    if (names.includes(name)) return;
    throw new UserError(
      'usage',
      `no layout ${JSON.stringify(name)}`,
      `one of: ${names.toSorted().join(' ')}`,
    );
  };
  const named = (name: string): Layout => {
    known(name);
    const layout = composed.get(name) ?? readLayout(tree, name);
    composed.set(name, layout);
    return layout;
  };
  // A mistake in one's own is said at once. Those that ship have none, and composing them is a seventh of a daemon's start.
  if (own.some((directory) => existsSync(join(directory, 'layout')))) for (const name of names) named(name);
  return { names, known, named };
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
