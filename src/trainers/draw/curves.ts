/** A line of a plot: points [step, value], in the order of their steps. */
export interface Curve {
  name: string;
  colour: string;
  points: readonly (readonly [step: number, value: number])[];
}

const [WIDTH, HEIGHT] = [720, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 16, 36, 40];

/** Curves over the steps as an SVG. The values begin at the lowest; what is not finite is left out. */
export function curvesSvg(title: string, curves: readonly Curve[]): string {
  const shown = curves
    .map((curve) => ({ ...curve, points: curve.points.filter((point) => point.every(Number.isFinite)) }))
    .filter(({ points }) => points.length > 0);
  const steps = ticks(shown.flatMap(({ points }) => points.map(([step]) => step)));
  const values = ticks(shown.flatMap(({ points }) => points.map(([, value]) => value)));
  const x = scale(steps, LEFT, WIDTH - RIGHT);
  const y = scale(values, HEIGHT - BOTTOM, TOP);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${values.map((value) => rule(LEFT, y(value), WIDTH - RIGHT, y(value), tick(value), LEFT - 8, y(value) + 4, 'end')).join('\n')}
${steps.map((step) => rule(x(step), TOP, x(step), HEIGHT - BOTTOM, tick(step), x(step), HEIGHT - BOTTOM + 18, 'middle')).join('\n')}
${shown.map(({ colour, points }) => `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}"/>`).join('\n')}
<text x="${LEFT}" y="22" font-size="14">${escaped(title)}</text>
${shown.map(({ name, colour }, n) => `<text x="${WIDTH - RIGHT}" y="${TOP + 16 + 16 * n}" fill="${colour}" text-anchor="end">${escaped(name)}</text>`).join('\n')}
</svg>
`;
}

/** Round numbers, about five, from at or below the least to at or above the greatest. */
function ticks(values: readonly number[]): number[] {
  const [low, high] = [
    values.reduce((a, b) => Math.min(a, b), values[0] ?? 0),
    values.reduce((a, b) => Math.max(a, b), values[0] ?? 1),
  ];
  const rough = (high - low || Math.abs(high) || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

const rule = (
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  label: string,
  x: number,
  y: number,
  anchor: string,
) =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/><text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#555">${label}</text>`;

const tick = (value: number): string => String(Number(value.toPrecision(6)));

const escaped = (text: string): string => text.replace(/[&<>]/g, (mark) => `&#${mark.charCodeAt(0)};`);
