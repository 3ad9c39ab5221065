import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/install.js';
import { type Finding, verdict } from './finding.js';
import { machine } from './machine.js';
import { hydra } from './measures/hydra.js';
import { line, replacePart, table } from './results.js';
import { openWorld } from './world.js';

// npm run bench:hydra: compositions and sweeps beside the real Hydra. Writes its part of bench/RESULTS.md; fails where
// something that must hold does not.

const TITLE = '# Hydra';
const FILE = join(PACKAGE_ROOT, 'bench/RESULTS.md');

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);

async function main(): Promise<number> {
  const world = openWorld();
  const facts = machine(world).filter(([name]) => name !== 'beside it');
  const found: Finding[] = [];
  try {
    found.push(...(await hydra(world)));
  } finally {
    await world.close();
  }
  for (const finding of found) process.stdout.write(`${line(finding)}\n`);
  writeFileSync(FILE, replacePart(readFileSync(FILE, 'utf8'), TITLE, part(facts, found)));
  return found.some((finding) => verdict(finding) === 'misses') ? 1 : 0;
}

const part = (facts: readonly (readonly [string, string])[], found: readonly Finding[]): string =>
  [
    TITLE,
    '',
    'Written by `npm run bench:hydra`. Beside it stands hydra-core 1.3.2 with OmegaConf 2.3.0 and PyYAML 6.0.3, whose',
    'configurations it composes: nine files, 200 lines in the end. The contenders take turns.',
    '',
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    '',
    ...table(found),
  ].join('\n');
