import { type Finding, verdict } from './finding.js';
import { machine } from './machine.js';
import { finished, flood, latency, pace } from './measures/curves.js';
import { events } from './measures/events.js';
import { step } from './measures/step.js';
import { line } from './results.js';
import { openWorld, type World } from './world.js';

// npm run bench:tracking [-- MEASURE…]: curves and checkpoints. Fails where something that must hold does not.

const MEASURES: Readonly<Record<string, (world: World) => Promise<Finding[]>>> = {
  events,
  latency,
  flood,
  pace,
  step,
  finished,
};

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
  let missing = 0;
  try {
    for (const [name, value] of machine(world)) process.stdout.write(`${name}: ${value}\n`);
    for (const name of words.length > 0 ? words : Object.keys(MEASURES))
      for (const finding of await MEASURES[name]!(world)) {
        process.stdout.write(`${line(finding)}\n`);
        if (verdict(finding) === 'misses') missing++;
      }
  } finally {
    await world.close();
  }
  return missing > 0 ? 1 : 0;
}
