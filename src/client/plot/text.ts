import type { Colour, Style } from '../render/output.js';
import { plain } from '../render/plain.js';
import { Braille } from './braille.js';
import { type Chart, type Line, yTicks } from './chart.js';
import { fraction, ticks } from './scale.js';

const COLOURS: readonly Colour[] = ['cyan', 'yellow', 'green', 'red'];

/** A chart for a terminal, `columns` wide and `rows` high without title and legend. */
export function textChart(chart: Chart, columns: number, rows: number, style: Style): string[] {
  const marks = yTicks(chart, Math.max(2, Math.floor(rows / 3)));
  const margin = Math.max(...marks.map(({ text }) => text.length), 1);
  const surface = new Braille(Math.max(10, columns - margin - 2), rows);
  draw(surface, chart);
  const rowOf = (value: number): number => Math.round((1 - fraction(chart.y, value)) * (rows - 1));
  const labels = new Map(marks.map(({ at, text }) => [rowOf(at), text]));
  const body = surface
    .lines((text, ink) => painted(text, ink, chart.lines.length, style))
    .map((line, row) => {
      const label = labels.get(row);
      return `${(label ?? '').padStart(margin)} ${label === undefined ? '│' : '┤'}${line}`;
    });
  return [
    style.paint('bold', plain(chart.title)),
    ...body,
    `${' '.repeat(margin + 1)}└${'─'.repeat(surface.columns)}`,
    xAxis(chart, surface.columns, margin + 2),
    ...legend(chart, style),
  ];
}

/** Values as they are are faint where there is a smoothed line: it is drawn with more weight. */
function draw(surface: Braille, chart: Chart): void {
  const count = chart.lines.length;
  chart.lines.forEach((line, n) => {
    trace(surface, chart, line.x, line.y, line.smooth === null ? count + n + 1 : n + 1);
  });
  chart.lines.forEach((line, n) => {
    if (line.smooth !== null) trace(surface, chart, line.x, line.smooth, count + n + 1);
  });
}

function trace(surface: Braille, chart: Chart, x: Line['x'], y: Line['y'], ink: number): void {
  let before: [number, number] | null = null;
  x.forEach((value, n) => {
    if (!Number.isFinite(y[n]!)) {
      before = null;
      return;
    }
    const at: [number, number] = [
      Math.round(fraction(chart.x, value) * (surface.width - 1)),
      Math.round((1 - fraction(chart.y, y[n]!)) * (surface.height - 1)),
    ];
    if (before === null) surface.dot(...at, ink);
    else surface.line(...(before as [number, number]), ...at, ink);
    before = at;
  });
}

function painted(text: string, ink: number, count: number, { paint }: Style): string {
  if (ink === 0) return text;
  const colour = COLOURS[((ink - 1) % count) % COLOURS.length]!;
  return ink > count ? paint(colour, text) : paint('dim', text);
}

function xAxis(chart: Chart, columns: number, margin: number): string {
  const cells = Array.from({ length: columns + margin }, () => ' ');
  let free = 0;
  for (const { at, text } of ticks(chart.x, Math.max(2, Math.floor(columns / 12)))) {
    const middle = margin + Math.round(fraction(chart.x, at) * (columns - 1));
    const start = Math.min(Math.max(0, middle - Math.floor(text.length / 2)), columns + margin - text.length);
    if (start < free) continue;
    for (let n = 0; n < text.length; n++) cells[start + n] = text[n]!;
    free = start + text.length + 1;
  }
  return `${cells.join('').trimEnd()}  ${chart.xLabel}`;
}

const legend = ({ lines }: Chart, { paint }: Style): string[] =>
  lines.length < 2
    ? []
    : lines.map(({ label }, n) => `  ${paint(COLOURS[n % COLOURS.length]!, '━━')} ${plain(label)}`);
