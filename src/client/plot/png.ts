import { encodePng } from '../../tensorboard/tensorboard.js';
import { type Chart, yTicks } from './chart.js';
import { GLYPH, textPixels } from './pixel-font.js';
import { fraction, ticks } from './scale.js';
import { PALETTE } from './svg.js';

const [WIDTH, HEIGHT] = [1000, 560];
const BOX = { left: 90, right: 20, top: 44, bottom: 50 };
const FONT = 2;

type Rgb = readonly [number, number, number];
const [INK, GRID]: [Rgb, Rgb] = [
  [40, 40, 40],
  [221, 221, 221],
];

/** A chart as a PNG file. */
export function pngChart(chart: Chart): Uint8Array {
  const canvas = new Canvas();
  const [width, height] = [WIDTH - BOX.left - BOX.right, HEIGHT - BOX.top - BOX.bottom];
  const x = (value: number): number => BOX.left + fraction(chart.x, value) * width;
  const y = (value: number): number => BOX.top + (1 - fraction(chart.y, value)) * height;
  canvas.text(chart.title, BOX.left, 14, 'start', FONT + 1);
  for (const { at, text } of yTicks(chart, 6)) {
    canvas.line(BOX.left, y(at), WIDTH - BOX.right, y(at), GRID, 1);
    canvas.text(text, BOX.left - 8, y(at) - GLYPH.height, 'end');
  }
  for (const { at, text } of ticks(chart.x, 8)) canvas.text(text, x(at), HEIGHT - BOX.bottom + 12, 'middle');
  canvas.text(chart.xLabel, WIDTH - BOX.right, HEIGHT - 18, 'end');
  const trace = (xs: readonly number[], ys: readonly number[], colour: Rgb, thick: number): void => {
    for (let n = 0; n < xs.length; n++) {
      const from = n === 0 ? 0 : n - 1;
      if (!Number.isFinite(ys[n]!) || !Number.isFinite(ys[from]!)) continue;
      canvas.line(x(xs[from]!), y(ys[from]!), x(xs[n]!), y(ys[n]!), colour, thick);
    }
  };
  chart.lines.forEach((line, n) => {
    if (line.smooth !== null) trace(line.x, line.y, faint(colourOf(n)), 1);
  });
  chart.lines.forEach((line, n) => {
    trace(line.x, line.smooth ?? line.y, colourOf(n), 2);
  });
  if (chart.lines.length > 1)
    chart.lines.forEach(({ label }, n) => {
      const top = BOX.top + 8 + n * 18;
      canvas.line(WIDTH - 300, top + 4, WIDTH - 276, top + 4, colourOf(n), 3);
      canvas.text(label, WIDTH - 268, top, 'start');
    });
  return encodePng({ width: WIDTH, height: HEIGHT, channels: 3, data: canvas.data });
}

class Canvas {
  readonly data = new Uint8Array(WIDTH * HEIGHT * 3).fill(255);

  dot(x: number, y: number, colour: Rgb): void {
    if (x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT) return;
    this.data.set(colour, (y * WIDTH + x) * 3);
  }

  line(x0: number, y0: number, x1: number, y1: number, colour: Rgb, thick: number): void {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    for (let n = 0; n <= steps; n++) {
      const [x, y] = [Math.round(x0 + ((x1 - x0) * n) / steps), Math.round(y0 + ((y1 - y0) * n) / steps)];
      for (let dx = 0; dx < thick; dx++) for (let dy = 0; dy < thick; dy++) this.dot(x + dx, y + dy, colour);
    }
  }

  text(text: string, x: number, y: number, anchor: 'start' | 'middle' | 'end', size: number = FONT): void {
    const width = text.length * GLYPH.advance * size;
    const left = Math.round(x - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2));
    for (const [dx, dy] of textPixels(text))
      for (let a = 0; a < size; a++)
        for (let b = 0; b < size; b++) this.dot(left + dx * size + a, Math.round(y) + dy * size + b, INK);
  }
}

function colourOf(n: number): Rgb {
  const hex = Number.parseInt(PALETTE[n % PALETTE.length]!.slice(1), 16);
  return [hex >> 16, (hex >> 8) & 255, hex & 255];
}

const faint = ([r, g, b]: Rgb): Rgb => [paler(r), paler(g), paler(b)];
const paler = (value: number): number => Math.round(255 - (255 - value) * 0.35);
