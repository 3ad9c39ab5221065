import { run } from './bundle.mjs';

await run('hydra');
