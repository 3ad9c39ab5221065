import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { EventReader, eventFiles } from '../../src/tensorboard/tensorboard.js';
import { Expd } from '../daemon.js';
import { type Finding, figure, shown } from '../finding.js';
import { launch, output, pause, until, used } from '../process.js';
import { interleaved, median, ratios, spread } from '../statistics.js';
import type { World } from '../world.js';

/** Lines far enough apart that nobody is in a hurry yet. */
const LATENCIES = 60;
const APART_MS = 60;
const FLOOD = 1_000_000;
/** Lines after which memory is looked at first. */
const FIRST = FLOOD / 10;
/** After a flood, before memory is looked at. */
const SETTLE_MS = 2000;
const RUNS = 8;
const PACED_MS = 20_000;
/** Eight seconds after the runs were submitted and started V8 tidies up after that: no cost of metrics. */
const STARTED_MS = 12_000;
const FINISHED = 1000;

/** What the daemon makes of metric lines: how soon, how many, and what it costs. */
export const latency = measured(soonOnDisk);
export const flood = measured(manyAtOnce);
export const pace = measured(cost);
export const finished = measured(leftBehind);

function measured(measure: (expd: Expd) => Promise<Finding[]>): (world: World) => Promise<Finding[]> {
  return async (world) => {
    const expd = new Expd(world, `curves-${measure.name}`, { env: { EXPD_SLOTS: String(RUNS) } });
    await expd.start();
    const findings = await measure(expd);
    await expd.stop();
    return findings;
  };
}

/** A run that logs nothing by itself: its metrics file, and where its curve goes. */
interface Silent {
  id: number;
  metrics: string;
  curve: string;
}

export async function silent(expd: Expd): Promise<Silent> {
  const id = await expd.submit(['sleep', '100000'], ['--grace', '1s']);
  let [runDir, experimentId] = ['', ''];
  await until(`run ${id} runs`, async () => {
    const { run } = JSON.parse(await expd.expctl(['show', String(id), '--json']));
    ({ runDir = '', experimentId } = run);
    return run.state === 'running';
  });
  return {
    id,
    metrics: join(runDir, 'metrics/metrics.jsonl'),
    curve: join(expd.world.cwd, 'outputs/tensorboard', experimentId),
  };
}

const cancel = (expd: Expd, ids: readonly number[]): Promise<string> =>
  expd.expctl(['cancel', ids.join(',')]);

/** Bytes in the event files of a curve. */
function bytesIn(curve: string): number {
  try {
    return readdirSync(curve).reduce((sum, name) => sum + statSync(join(curve, name)).size, 0);
  } catch {
    return 0;
  }
}

async function soonOnDisk(expd: Expd): Promise<Finding[]> {
  const run = await silent(expd);
  const copy = join(expd.world.dir, 'copy');
  const source = join(expd.world.dir, 'source');
  appendFileSync(source, '');
  const fd = openSync(copy, 'w');
  const tail = launch(['tail', '-f', source], { ...expd.world, stdio: ['ignore', fd, 'ignore'] });
  closeSync(fd);
  let step = 0;
  const soon = async (file: string, size: () => number): Promise<number> => {
    const times: number[] = [];
    for (let n = 0; n < LATENCIES; n++) {
      const line = `{"step":${step++},"loss":0.5}\n`;
      const before = size();
      const begin = performance.now();
      appendFileSync(file, line);
      while (size() === before);
      times.push((performance.now() - begin) * 1000);
      await pause(APART_MS);
    }
    return median(times);
  };
  appendFileSync(run.metrics, '{"step":0,"loss":0.5}\n');
  await until('the curve has begun', () => bytesIn(run.curve) > 0);
  const [event] = readdirSync(run.curve);
  const rounds = await interleaved(
    {
      expd: () => soon(run.metrics, () => statSync(join(run.curve, event!)).size),
      tail: () => soon(source, () => statSync(copy).size),
    },
    { rounds: 5 },
  );
  tail.kill();
  await cancel(expd, [run.id]);
  return [
    {
      id: 'metrics-latency',
      title: 'a metric line written → its event on disk, p50, a quiet run',
      ours: shown(spread(rounds.expd), 'µs'),
      beside: `tail -f into a file: ${shown(spread(rounds.tail), 'µs')}`,
      value: ratios(rounds.expd, rounds.tail),
      unit: '×',
      must: 4,
    },
  ];
}

/** A million lines at once: how fast they are taken, and what memory is left larger. */
async function manyAtOnce(expd: Expd): Promise<Finding[]> {
  const program = join(expd.world.programs, 'metrics.mjs');
  const lines = join(expd.world.dir, 'lines');
  await output([process.execPath, program, 'lines', String(FLOOD), lines], expd.world);
  const content = readFileSync(lines);
  const first = content.subarray(0, lengthOf(content, FIRST));
  const grown: number[] = [];
  const rounds = await interleaved(
    {
      expd: async () => {
        const run = await silent(expd);
        await timeToTake(run, first, 'first');
        await pause(SETTLE_MS);
        const before = expd.residentMb;
        const took = await timeToTake(run, content, 'last');
        await pause(SETTLE_MS);
        grown.push(expd.residentMb - before);
        await cancel(expd, [run.id]);
        const points = pointsIn(run.curve);
        if (points !== FIRST + FLOOD + 2) throw new Error(`${points} points in the event files`);
        return took / FLOOD;
      },
      parse: async () =>
        1000 / JSON.parse(await output([process.execPath, program, 'parse', lines], expd.world)).perSecond,
    },
    { rounds: 3 },
  );
  rmSync(lines);
  const perSecond = (ms: readonly number[]): string => `${figure(1000 / spread(ms).median)} lines a second`;
  return [
    {
      id: 'metrics-taken',
      title: 'time for a metric line of two numbers, taken into event files, a million at once',
      ours: perSecond(rounds.expd),
      beside: `JSON.parse alone: ${perSecond(rounds.parse)}`,
      value: ratios(rounds.expd, rounds.parse),
      unit: '×',
      must: 1 / 0.15,
    },
    {
      id: 'metrics-memory',
      title: 'growth of the daemon over a million lines',
      ours: shown(spread(grown), 'MB'),
      beside: 'after the first 100,000',
      value: spread(grown),
      unit: 'MB',
      must: 16,
    },
  ];
}

/**
 * Milliseconds from before the lines are written until all of them stand in the event files, so that whoever opens
 * these sees them. A last line with a key of its own tells it: looking for that costs next to nothing.
 */
async function timeToTake({ metrics, curve }: Silent, lines: Buffer, key: string): Promise<number> {
  const begin = performance.now();
  appendFileSync(metrics, lines);
  appendFileSync(metrics, `{"step":${FLOOD},"${key} of all":1}\n`);
  await until('all is taken', () => endOf(curve).includes(`${key} of all`));
  return performance.now() - begin;
}

/** Events leave the daemon whole. */
function endOf(curve: string): Buffer {
  const name = eventFiles(curve).at(-1);
  const end = Buffer.alloc(4096);
  if (name === undefined) return end;
  const fd = openSync(join(curve, name), 'r');
  readSync(fd, end, 0, end.length, Math.max(0, statSync(join(curve, name)).size - end.length));
  closeSync(fd);
  return end;
}

/** Events with values in all files of a curve. */
function pointsIn(curve: string): number {
  let points = 0;
  for (const name of eventFiles(curve)) {
    const reader = new EventReader(join(curve, name));
    for (const event of reader.events()) if (event.kind === 'values') points++;
    reader.close();
  }
  return points;
}

/** Of so many lines, in bytes. */
function lengthOf(content: Buffer, lines: number): number {
  let end = 0;
  for (let n = 0; n < lines; n++) end = content.indexOf('\n', end) + 1;
  return end;
}

async function cost(expd: Expd): Promise<Finding[]> {
  const runs = await Promise.all(Array.from({ length: RUNS }, () => silent(expd)));
  const program = join(expd.world.programs, 'metrics.mjs');
  const writer = launch([process.execPath, program, 'pace', ...runs.map(({ metrics }) => metrics)], {
    ...expd.world,
    stdio: 'ignore',
  });
  await pause(STARTED_MS);
  const before = used(expd.pid).cpuMs;
  await pause(PACED_MS);
  const percent = ((used(expd.pid).cpuMs - before) / PACED_MS) * 100;
  writer.kill();
  await cancel(
    expd,
    runs.map(({ id }) => id),
  );
  return [
    {
      id: 'metrics-cpu',
      title: `processor time of the daemon while ${RUNS} runs log 500 lines a second each`,
      ours: `${figure(percent)} %`,
      beside: `over ${PACED_MS / 1000} s`,
      value: spread([percent]),
      unit: '%',
      must: 2,
    },
  ];
}

async function leftBehind(expd: Expd): Promise<Finding[]> {
  const before = watches(expd.pid);
  const script = `echo '{"step":1,"loss":1}' >> "$EXPD_METRICS"`;
  const ids = await expd.submitMany(Array.from({ length: FINISHED }, () => ['sh', '-c', script]));
  await expd.expctl(['wait', `${ids[0]}-${ids.at(-1)}`]);
  await pause(2000);
  const left = watches(expd.pid) - before;
  return [
    {
      id: 'metrics-finished',
      title: `watches that ${FINISHED} finished runs leave`,
      ours: `${left}`,
      beside: `${before} before`,
      value: spread([left]),
      unit: '',
      must: 0,
    },
  ];
}

/** inotify's, of all threads: /proc/PID/fdinfo has a line for each. */
function watches(pid: number): number {
  let count = 0;
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`))
    try {
      count += readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').match(/^inotify wd:/gm)?.length ?? 0;
    } catch {} // closed meanwhile
  return count;
}
