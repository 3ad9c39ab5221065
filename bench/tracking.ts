import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/install.js';
import { type Finding, verdict } from './finding.js';
import { machine } from './machine.js';
import { finished, flood, latency, pace } from './measures/curves.js';
import { events } from './measures/events.js';
import { step } from './measures/step.js';
import { line, replacePart, table } from './results.js';
import { openWorld, type World } from './world.js';

// npm run bench:tracking [-- MEASURE…]: curves and checkpoints. Without names it measures everything and writes its
// part of bench/RESULTS.md; fails where something that must hold does not.

const MEASURES: Readonly<Record<string, (world: World) => Promise<Finding[]>>> = {
  events,
  latency,
  flood,
  pace,
  step,
  finished,
};

const TITLE = '# Curves';
const FILE = join(PACKAGE_ROOT, 'bench/RESULTS.md');

void main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);

async function main(words: string[]): Promise<number> {
  if (words.some((word) => !(word in MEASURES))) {
    process.stderr.write(`npm run bench:tracking [-- MEASURE…]   ${Object.keys(MEASURES).join(' ')}\n`);
    return 2;
  }
  const world = openWorld();
  const facts = machine(world).filter(([name]) => name !== 'beside it');
  const found: Finding[] = [];
  try {
    for (const name of words.length > 0 ? words : Object.keys(MEASURES))
      for (const finding of await MEASURES[name]!(world)) {
        process.stdout.write(`${line(finding)}\n`);
        found.push(finding);
      }
  } finally {
    await world.close();
  }
  if (words.length === 0)
    writeFileSync(FILE, replacePart(readFileSync(FILE, 'utf8'), TITLE, part(facts, found)));
  return found.some((finding) => verdict(finding) === 'misses') ? 1 : 0;
}

const part = (facts: readonly (readonly [string, string])[], found: readonly Finding[]): string =>
  [
    TITLE,
    '',
    'Written by `npm run bench:tracking`. The contenders take turns; a figure is the median of the rounds, in brackets the',
    'smallest and the largest round; a ratio is taken round by round.',
    '',
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    '',
    ...table(found),
  ].join('\n');
