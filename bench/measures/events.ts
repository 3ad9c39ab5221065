import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/install.js';
import { type Finding, figure, shown } from '../finding.js';
import { output } from '../process.js';
import { interleaved, ratios, type Spread, spread } from '../statistics.js';
import type { World } from '../world.js';

const EVENTS = 1_000_000;
/** Of a Python writer, which takes 30 µs for each. */
const THEIR_EVENTS = 20_000;

/** What programs/events.mjs prints: events a second, and by how many MB its memory grew over them. */
interface Passed {
  perSecond: number;
  grownMb: number;
}

/** Scalars, one an event, into a file until it is closed: our writer beside the one that Python scripts use. */
export async function events(world: World): Promise<Finding[]> {
  const python = execFileSync('bash', [join(PACKAGE_ROOT, 'scripts/interop-python.sh'), 'training'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  }).trim();
  const directory = (): string => mkdtempSync(join(world.dir, 'events-'));
  const [grown, reading]: [number[], Passed[]] = [[], []];
  const rate = async (...argv: string[]): Promise<Passed> => JSON.parse(await output(argv, world));
  const ours = (what: string, where: string): Promise<Passed> =>
    rate(
      process.execPath,
      join(world.programs, 'events.mjs'),
      join(world.dir, 'product/dist/tensorboard.mjs'),
      what,
      where,
      `${EVENTS}`,
    );
  const perSecond = await interleaved(
    {
      async ours() {
        const where = directory();
        const written = await ours('write', where);
        grown.push(written.grownMb);
        reading.push(await ours('read', where));
        return written.perSecond;
      },
      // `torch` is the other writer that events.py knows, for an environment that has it.
      tensorboardX: async () =>
        (
          await rate(
            python,
            join(world.programs, 'events.py'),
            'tensorboardX',
            directory(),
            `${THEIR_EVENTS}`,
          )
        ).perSecond,
    },
    { rounds: 5 },
  );
  return [
    {
      id: 'events-written',
      title: 'time for a scalar written into an event file',
      ours: perSecondOf(spread(perSecond.ours)),
      beside: `tensorboardX: ${perSecondOf(spread(perSecond.tensorboardX))}`,
      value: ratios(perSecond.tensorboardX, perSecond.ours),
      unit: '×',
      must: 1 / 30,
    },
    flat('events-written-memory', 'written', spread(grown)),
    {
      ...flat('events-read-memory', 'read', spread(reading.map(({ grownMb }) => grownMb))),
      remark: perSecondOf(spread(reading.map((one) => one.perSecond))),
    },
  ];
}

const flat = (id: string, done: string, grownMb: Spread): Finding => ({
  id,
  title: `growth of memory while a million scalars are ${done}`,
  ours: shown(grownMb, 'MB'),
  beside: 'after the first 100,000',
  value: grownMb,
  unit: 'MB',
  must: 8,
});

const perSecondOf = ({ median, min, max }: Spread): string =>
  `${figure(median)} (${figure(min)}–${figure(max)}) a second`;
