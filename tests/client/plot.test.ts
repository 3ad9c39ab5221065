import { expect, test } from 'vitest';
import { chart, smoothed, yTicks } from '../../src/client/plot/chart.js';
import { pngChart } from '../../src/client/plot/png.js';
import { extent, ticks } from '../../src/client/plot/scale.js';
import { svgChart } from '../../src/client/plot/svg.js';
import { textChart } from '../../src/client/plot/text.js';
import { brief, float, floatJson } from '../../src/client/render/number.js';
import { noColour } from '../../src/client/render/output.js';

const style = { width: 80, now: 0, paint: noColour };
const line = (y: number[], changes: object = {}) => ({
  label: 'loss',
  x: y.map((_, n) => n),
  y,
  smooth: null,
  ...changes,
});

test('numbers of 32 bits have the digits that they were logged with', () => {
  for (const value of [0.31, 1e-5, 123456.78, 3.4e38, -0.1, 0, 16777217, 1 / 3])
    expect(Math.fround(float(Math.fround(value)))).toBe(Math.fround(value));
  expect(float(Math.fround(0.31))).toBe(0.31);
  expect([0.31234567, 1e-5, 12345.678, 1e9, -2, Number.NaN, Number.NEGATIVE_INFINITY].map(brief)).toEqual([
    '0.3123',
    '1e-5',
    '12345.68',
    '1e9',
    '-2',
    'nan',
    '-inf',
  ]);
  expect(JSON.stringify([floatJson(Number.NaN), floatJson(Math.fround(0.1))])).toBe('["nan",0.1]');
});

test('ticks are round and within', () => {
  const texts = (from: number, to: number, most: number) => ticks({ from, to }, most).map(({ text }) => text);
  expect(texts(0, 1, 5)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1.0']);
  expect(texts(0, 10_000, 4)).toEqual(['0', '5k', '10k']);
  expect(texts(-3, 3, 3)).toEqual(['-2', '0', '2']);
  expect(texts(1e-9, 3e-9, 3)).toEqual(['1e-9', '2e-9', '3e-9']);
});

test('a range is never empty, and heeds only numbers', () => {
  expect(extent([[Number.NaN, 3, Number.POSITIVE_INFINITY], [1]])).toEqual({ from: 1, to: 3 });
  expect(extent([[0, 0]])).toEqual({ from: -1, to: 1 });
  expect(extent([[Number.NaN]])).toBe(null);
});

test('smoothing keeps a constant, corrects its beginning, passes over gaps', () => {
  expect(smoothed([2, 2, 2], 0.9).map((value) => Number(value.toFixed(9)))).toEqual([2, 2, 2]);
  expect(smoothed([1, 3], 0.5)).toEqual([1, (1 * 0.25 + 3 * 0.5) / 0.75]);
  expect(smoothed([1, Number.NaN, 1], 0.5)).toEqual([1, Number.NaN, 1]);
});

test('in the terminal: a falling line goes from the upper left to the lower right', () => {
  const lines = textChart(chart('loss', 'step', [line([3, 2, 1, 0])], false), 40, 5, style);
  expect(lines).toMatchInlineSnapshot(`
    [
      "loss",
      "  │⠉⠒⠒⠤⠤⣀⣀                              ",
      "2 ┤       ⠉⠉⠒⠒⠤⠤⣀⣀                      ",
      "  │               ⠉⠑⠒⠢⠤⢄⣀               ",
      "  │                      ⠉⠉⠒⠢⠤⢄⣀⡀       ",
      "0 ┤                             ⠈⠉⠑⠒⠢⠤⢄⣀",
      "  └─────────────────────────────────────",
      "   0           1           2           3  step",
    ]
  `);
});

test('several lines have a legend; nothing finite is no error', () => {
  const two = chart('loss', 'step', [line([1, 2], { label: '7 a' }), line([2, 1], { label: '8 b' })], false);
  expect(textChart(two, 40, 4, style).slice(-2)).toEqual(['  ━━ 7 a', '  ━━ 8 b']);
  const none = chart('loss', 'step', [line([Number.NaN, Number.NaN])], false);
  expect(textChart(none, 40, 4, style)).toHaveLength(7);
  expect(svgChart(none)).not.toContain('NaN');
});

test('a logarithmic axis is labelled by the values, and only where all are positive', () => {
  expect(yTicks(chart('', '', [line([1, 1000])], true), 4).map(({ text }) => text)).toEqual([
    '1',
    '10',
    '100',
    '1000',
  ]);
  expect(chart('', '', [line([0, 1000])], true).log).toBe(false);
});

test('images: an SVG that escapes what it is given, a PNG', () => {
  const drawn = chart(
    '<a&"b">\u0001',
    'step',
    [line([1, Number.NaN, 2, 3], { smooth: [1, Number.NaN, 1.5, 2] })],
    false,
  );
  const svg = svgChart(drawn);
  expect(svg).toContain('&lt;a&amp;&quot;b&quot;&gt;<');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(Buffer.from(pngChart(drawn).subarray(1, 4)).toString()).toBe('PNG');
});
