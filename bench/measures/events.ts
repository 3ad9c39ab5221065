import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, figure, shown } from '../finding.js';
import { pythonWith } from '../peers.js';
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

/** Scalars, one an event, into a file until it is closed: our writer beside those that Python scripts use. */
export async function events(world: World): Promise<Finding[]> {
  const pythons = { tensorboardX: pythonWith('training'), torch: pythonWith('stacks') };
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
  const theirs = async (writer: keyof typeof pythons): Promise<number> => {
    const program = join(world.programs, 'events.py');
    const { perSecond } = await rate(pythons[writer], program, writer, directory(), `${THEIR_EVENTS}`);
    return perSecond;
  };
  const perSecond = await interleaved(
    {
      async ours() {
        const where = directory();
        const written = await ours('write', where);
        grown.push(written.grownMb);
        reading.push(await ours('read', where));
        return written.perSecond;
      },
      tensorboardX: () => theirs('tensorboardX'),
      torch: () => theirs('torch'),
    },
    { rounds: 5 },
  );
  return [
    beside('tensorboardX', perSecond.ours, perSecond.tensorboardX),
    beside("torch's SummaryWriter", perSecond.ours, perSecond.torch),
    flat('events-written-memory', 'written', spread(grown)),
    {
      ...flat('events-read-memory', 'read', spread(reading.map(({ grownMb }) => grownMb))),
      remark: perSecondOf(spread(reading.map((one) => one.perSecond))),
    },
  ];
}

const beside = (writer: string, ours: readonly number[], theirs: readonly number[]): Finding => ({
  id: `events-written-${writer}`,
  title: 'time for a scalar written into an event file',
  ours: perSecondOf(spread(ours)),
  beside: `${writer}: ${perSecondOf(spread(theirs))}`,
  value: ratios(theirs, ours),
  unit: '×',
  must: 1 / 30,
});

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
