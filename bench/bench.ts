import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/install.js';
import type { Finding } from './finding.js';
import { machine } from './machine.js';
import { follow } from './measures/follow.js';
import { idle } from './measures/idle.js';
import { logs } from './measures/logs.js';
import { loop } from './measures/loop.js';
import { next } from './measures/next.js';
import { past } from './measures/past.js';
import { queued } from './measures/queued.js';
import { start } from './measures/start.js';
import { submit } from './measures/submit.js';
import { sweep } from './measures/sweep.js';
import { line, replacePart, results } from './results.js';
import { openWorld, type World } from './world.js';

const MEASURES: Readonly<Record<string, (world: World) => Promise<Finding[]>>> = {
  submit,
  next,
  sweep,
  follow,
  logs,
  start,
  idle,
  queued,
  past,
  loop,
};

const FILE = join(PACKAGE_ROOT, 'bench/RESULTS.md');

const HELP = `npm run bench [-- MEASURE…]   ${Object.keys(MEASURES).join(' ')}

Without names it measures everything (about ten minutes) and writes bench/RESULTS.md.
EXPD_BENCH_DIR: where it works; a directory on a real disk with 8 GB free.
EXPD_BENCH_ROUNDS: how often they take turns; fewer for a first look.
`;

void main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);

async function main(words: string[]): Promise<number> {
  const unknown = words.filter((word) => !(word in MEASURES));
  if (unknown.length > 0) {
    process.stderr.write(HELP);
    return words.includes('--help') ? 0 : 2;
  }
  const world = openWorld();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void world.close().then(() => process.exit(130)));
  const facts = machine(world);
  process.stdout.write(`${facts.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n`);
  const found: Finding[] = [];
  const failures: string[] = [];
  try {
    for (const name of words.length > 0 ? words : Object.keys(MEASURES)) {
      try {
        const findings = await MEASURES[name]!(world);
        found.push(...findings);
        for (const finding of findings) process.stdout.write(`${line(finding)}\n`);
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
        process.stderr.write(`bench: ${name}: ${error instanceof Error ? error.stack : error}\n`);
      }
    }
  } finally {
    await world.close();
  }
  if (words.length === 0)
    writeFileSync(
      FILE,
      replacePart(readFileSync(FILE, 'utf8'), '# Results', results(facts, found, failures)),
    );
  return failures.length > 0 ? 1 : 0;
}
