import { type ContentStore, contentStore } from './content.js';
import { diffsDir } from './paths.js';

/** Diffs of submitted trees, once per content, in `<state>/code/<sha256>` (0600). */
export const diffStore = (state: string): ContentStore => contentStore(diffsDir(state), 'diff');
