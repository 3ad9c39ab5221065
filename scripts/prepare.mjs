// npm's hook after an installation from source and before packing: what is built is built.
import { existsSync } from 'node:fs';

const present = (path) => existsSync(new URL(`../${path}`, import.meta.url));

if (present('node_modules/esbuild')) await import('./build.mjs');
// `npm install -g .` of a fresh clone links it before its packages are there.
else if (!present('node_modules') && present('package-lock.json')) await import('./setup.mjs');
