import { join } from 'node:path';

const GOLDEN = join(import.meta.dirname, '../../../golden/hydra');

/** Where the trees of the corpus lie. */
export const TREES = join(GOLDEN, 'trees');

/** What was recorded of a tree. */
export const fileOf = (tree: string): string => join(GOLDEN, `${tree}.txt`);
