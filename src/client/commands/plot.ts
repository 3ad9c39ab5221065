import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Run, RunsService } from '../../gen/expd/v1/runs.js';
import { list, one, text, toggle } from '../arguments.js';
import { type Curve, query, readCurves } from '../curves.js';
import { ClientError } from '../errors.js';
import { chart, type Line, smoothed } from '../plot/chart.js';
import { pngChart } from '../plot/png.js';
import { svgChart } from '../plot/svg.js';
import { textChart } from '../plot/text.js';
import { floatJson } from '../render/number.js';
import type { Answer } from '../render/output.js';
import { plain } from '../render/plain.js';
import { type Context, MANY, verb } from '../verb.js';

/** More than a terminal or an image has dots. */
const POINTS = 2000;
const SMOOTH = 0.6;
const [COLUMNS, ROWS] = [100, 18];

export const plot = verb({
  name: 'plot',
  operands: 'RUN…',
  takes: [1, MANY],
  summary: 'curves of one or several runs, in the terminal or as an image',
  flags: {
    key: list('KEY', 'the metric to plot; may be repeated; * stands for anything; a loss when left out'),
    smooth: one('W', 'how much the line is smoothed, from 0 to 1; 0.6 when left out', weight),
    log: toggle('a logarithmic axis'),
    time: toggle('over hours since each began instead of steps'),
    png: text('FILE', 'write a PNG image'),
    svg: text('FILE', 'write an SVG image'),
  },
  examples: [
    ['expctl plot 7', 'the loss of run 7'],
    ['expctl plot 7 8 --key val/loss', 'two runs in one chart'],
    ['expctl plot s4 --key acc --svg acc.svg', 'all jobs of a sweep, as an image'],
  ],
  async run(context, { operands, flags }) {
    const runs = await selected(context, operands);
    const lines = await linesOf(context, runs, flags);
    const keys = [...new Set(lines.map(({ key }) => key))];
    const drawn = chart(keys.join(', '), flags.time ? 'hours' : 'step', lines, flags.log);
    const files: string[] = [];
    const write = async (file: string | undefined, content: () => string | Uint8Array): Promise<void> => {
      if (file === undefined) return;
      const path = resolve(context.cwd(), file);
      await writeFile(path, content()).catch((cause: NodeJS.ErrnoException) => {
        throw new ClientError('output', `${file} cannot be written (${cause.code})`, 'name another place', {
          cause,
        });
      });
      files.push(path);
    };
    await write(flags.png, () => pngChart(drawn));
    await write(flags.svg, () => svgChart(drawn));
    return {
      json: { files, lines: lines.map(lineJson) },
      text: (style) =>
        files.length > 0
          ? files
          : textChart(
              drawn,
              Math.min(style.width, Number.isFinite(style.width) ? style.width : COLUMNS),
              ROWS,
              style,
            ),
      warnings: lines
        .filter(({ y }) => !y.some(Number.isFinite))
        .map(({ run, key }) => `${plain(key)} of run ${run} has no finite value`),
    } satisfies Answer;
  },
});

interface Wanted {
  key: readonly string[];
  smooth: number | undefined;
  time: boolean;
}

type NamedLine = Line & { run: number; key: string };

async function selected({ daemon }: Context, operands: readonly string[]): Promise<Run[]> {
  const request = {
    states: [],
    tags: [],
    name: '',
    group: '',
    sinceMs: 0,
    runs: [...operands],
    recent: false,
  };
  const { runs } = await daemon.call(RunsService.list, {
    ...request,
    ...{ beforeId: 0, pageSize: 1000, sweepId: 0, foldSweeps: false },
  });
  return runs.toSorted((a, b) => a.id - b.id);
}

/** @throws ClientError where there is nothing to draw */
async function linesOf({ daemon }: Context, runs: readonly Run[], wanted: Wanted): Promise<NamedLine[]> {
  const keys = wanted.key.length > 0 ? wanted.key : [await headlineOf({ daemon }, runs)];
  const lines: NamedLine[] = [];
  for (const run of runs)
    for (const curve of await readCurves(daemon, query(String(run.id), keys, { maxPoints: POINTS })))
      lines.push(lineOf(run, curve, wanted, runs.length > 1));
  if (lines.length > 0) return lines;
  throw new ClientError(
    'not_found',
    `nothing was logged as ${keys.join(', ')}`,
    'expctl metrics RUN lists what was',
  );
}

function lineOf(
  { id, name }: Run,
  curve: Curve,
  { smooth = SMOOTH, time }: Wanted,
  several: boolean,
): NamedLine {
  const { key, steps, values, times } = curve;
  return {
    run: id,
    key,
    label: several ? `${id} ${name} ${key}` : key,
    x: time ? times.map((at) => (at - times[0]!) / 3600) : steps,
    y: values,
    smooth: smooth === 0 ? null : smoothed(values, smooth),
  };
}

/** @throws ClientError where none of the runs has logged anything */
async function headlineOf({ daemon }: Pick<Context, 'daemon'>, runs: readonly Run[]): Promise<string> {
  for (const { id } of runs) {
    const { run } = await daemon.call(RunsService.get, { run: String(id), logLines: 0 });
    if (run?.progress?.headline !== undefined) return run.progress.headline.key;
  }
  throw new ClientError(
    'not_found',
    'nothing was logged yet',
    'docs/run-contract.md says how a run logs metrics',
  );
}

const lineJson = ({ run, key, x, y, smooth }: NamedLine) => ({
  run,
  key,
  x: x.map((value) => value),
  y: y.map(floatJson),
  smooth: smooth?.map(floatJson) ?? null,
});

function weight(word: string): number {
  const value = /^(0?\.\d+|0|1(\.0*)?|0\.\d*)$/.test(word) ? Number(word) : Number.NaN;
  if (value >= 0 && value < 1) return value;
  throw new ClientError('usage', `${JSON.stringify(word)} is not a number from 0 to below 1`);
}
