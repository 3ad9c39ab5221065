// npm's hook after an installation from source and before packing: builds dist/.
import { existsSync } from 'node:fs';

// A production installation of the packed files has no build tools and needs none.
if (existsSync(new URL('../node_modules/esbuild', import.meta.url))) await import('./build.mjs');
