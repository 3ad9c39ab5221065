import type { ConfigTree } from '../../hydra/hydra.js';
import type { Answer, Json } from '../render/output.js';
import { plain } from '../render/plain.js';
import { table } from '../render/table.js';

/** What `config compose --info` can tell. */
export const KINDS = ['defaults-tree', 'defaults', 'searchpath', 'groups'] as const;
export type Kind = (typeof KINDS)[number];

export function information(
  tree: ConfigTree,
  kind: Kind,
  config: string | null,
  overrides: readonly string[],
): Answer {
  const { defaults, outline, sources } = tree.inspect(config, overrides);
  switch (kind) {
    case 'defaults-tree':
      return {
        json: { tree: outline.map(({ depth, text }) => ({ depth, text })) },
        text: () => outline.map(({ depth, text }) => `${'  '.repeat(depth)}${plain(text)}`),
      };
    case 'defaults':
      return {
        json: { defaults: defaults.map((row): Json => ({ ...row })) },
        text: (style) =>
          table(
            [
              { title: 'CONFIG', cell: ({ config: path, self }) => plain(path) + (self ? ' (_self_)' : '') },
              { title: 'PACKAGE', cell: (row) => plain(row.package) || '_global_' },
              { title: 'FROM', cell: ({ parent }) => plain(parent ?? '') },
            ],
            defaults,
            style.width,
          ),
      };
    case 'searchpath':
      return {
        json: { sources: sources.map((source): Json => ({ ...source })) },
        text: (style) =>
          table(
            [
              { title: 'PROVIDER', cell: ({ provider }) => plain(provider) },
              { title: 'PATH', cell: ({ path }) => plain(path) },
            ],
            sources,
            style.width,
          ),
      };
    case 'groups':
      return groups(tree);
  }
}

function groups(tree: ConfigTree): Answer {
  const found = [...walk(tree, '')];
  return {
    json: { groups: found.map(({ group, options }) => ({ group, options })) },
    text: () => found.map(({ group, options }) => plain(`${group}: ${options.join(', ')}`)),
  };
}

function* walk(tree: ConfigTree, above: string): Generator<{ group: string; options: string[] }> {
  for (const name of tree.groups(above)) {
    const group = above === '' ? name : `${above}/${name}`;
    const options = tree.options(group);
    if (options.length > 0) yield { group, options };
    yield* walk(tree, group);
  }
}
