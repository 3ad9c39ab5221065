import { type Chart, yTicks } from './chart.js';
import { fraction, ticks } from './scale.js';

export const PALETTE = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b'] as const;

const [WIDTH, HEIGHT] = [800, 450];
const BOX = { left: 70, right: 20, top: 40, bottom: 50 };

/** A chart as an SVG file. */
export function svgChart(chart: Chart): string {
  const [width, height] = [WIDTH - BOX.left - BOX.right, HEIGHT - BOX.top - BOX.bottom];
  const x = (value: number): number => BOX.left + fraction(chart.x, value) * width;
  const y = (value: number): number => BOX.top + (1 - fraction(chart.y, value)) * height;
  const label = (at: [number, number], anchor: string, words: string, size = 12): string =>
    `<text x="${px(at[0])}" y="${px(at[1])}" text-anchor="${anchor}" font-size="${size}">${escaped(words)}</text>`;
  const path = (xs: readonly number[], ys: readonly number[], style: string): string =>
    `<path d="${pathOf(xs, ys, x, y)}" fill="none" stroke-linejoin="round" ${style}/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<clipPath id="box"><rect x="${BOX.left}" y="${BOX.top}" width="${width}" height="${height}"/></clipPath>`,
    label([BOX.left, 24], 'start', chart.title, 16),
    ...yTicks(chart, 6).flatMap(({ at, text }) => [
      `<path d="M${BOX.left} ${px(y(at))}H${WIDTH - BOX.right}" stroke="#ddd"/>`,
      label([BOX.left - 8, y(at) + 4], 'end', text),
    ]),
    ...ticks(chart.x, 8).map(({ at, text }) => label([x(at), HEIGHT - BOX.bottom + 20], 'middle', text)),
    label([WIDTH - BOX.right, HEIGHT - 8], 'end', chart.xLabel),
    `<g clip-path="url(#box)">`,
    ...chart.lines.flatMap(({ x: xs, y: ys, smooth }, n) => {
      const colour = `stroke="${PALETTE[n % PALETTE.length]}"`;
      return smooth === null
        ? [path(xs, ys, `${colour} stroke-width="1.5"`)]
        : [path(xs, ys, `${colour} stroke-opacity="0.3"`), path(xs, smooth, `${colour} stroke-width="2"`)];
    }),
    '</g>',
    ...(chart.lines.length < 2 ? [] : chart.lines.flatMap(({ label: name }, n) => legend(name, n))),
    '</svg>\n',
  ].join('\n');
}

const legend = (name: string, n: number): string[] => [
  `<path d="M${WIDTH - 230} ${BOX.top + 12 + n * 18}h20" stroke="${PALETTE[n % PALETTE.length]}" stroke-width="3"/>`,
  `<text x="${WIDTH - 204}" y="${BOX.top + 16 + n * 18}" font-size="12">${escaped(name)}</text>`,
];

function pathOf(
  xs: readonly number[],
  ys: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let [path, pen] = ['', 'M'];
  xs.forEach((value, n) => {
    if (!Number.isFinite(ys[n]!)) {
      pen = 'M';
      return;
    }
    path += `${pen}${px(x(value))} ${px(y(ys[n]!))}`;
    pen = 'L';
  });
  return path || 'M0 0';
}

const px = (value: number): string => String(Number(value.toFixed(1)));

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML 1.0 has no control characters, not even escaped. */
const escaped = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);
