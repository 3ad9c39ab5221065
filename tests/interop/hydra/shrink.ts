import type { Tree } from './generate.js';

/** Smaller trees, one step away: without an override, a file, a line. */
function* smaller(tree: Tree): Generator<Tree> {
  for (const index of tree.overrides.keys())
    yield { ...tree, overrides: tree.overrides.filter((_, at) => at !== index) };
  for (const path of Object.keys(tree.files)) {
    if (path === 'config.yaml') continue;
    const { [path]: _, ...files } = tree.files;
    yield { ...tree, files };
  }
  for (const [path, text] of Object.entries(tree.files)) {
    const lines = text.split('\n');
    for (const index of lines.keys())
      if (lines[index] !== '')
        yield {
          ...tree,
          files: { ...tree.files, [path]: lines.filter((_, at) => at !== index).join('\n') || '{}\n' },
        };
  }
}

/** The smallest tree found, by single steps, of which `fails` still holds. */
export async function shrink(tree: Tree, fails: (tree: Tree) => Promise<boolean>): Promise<Tree> {
  for (;;) {
    let next: Tree | null = null;
    for (const candidate of smaller(tree))
      if (await fails(candidate)) {
        next = candidate;
        break;
      }
    if (next === null) return tree;
    tree = next;
  }
}
