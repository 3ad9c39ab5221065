import type { Trainer } from './trainer.js';

export const overview = (trainers: readonly Trainer[]): string =>
  [
    'Usage: expd-train TRAINER [key=value …]',
    '',
    ...trainers.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`),
    '',
    '  engines       what there is to compute on, and why not on what comes before it',
    '  link          makes them compute on the TensorFlow of python3, or of --tf DIR',
    '',
    'expd-train TRAINER --help lists its knobs.',
  ].join('\n');

export function usage({ name, summary, knobs }: Trainer): string {
  const rows = Object.entries(knobs).map(([key, { value, preset, about }]) => [
    `${key}=${value}`,
    `${about}${preset === '' ? '' : ` (${preset})`}`,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length)) + 2;
  return [
    `Usage: expd-train ${name} [key=value …]`,
    '',
    summary,
    '',
    ...rows.map(([left, right]) => `  ${left!.padEnd(width)}${right}`),
  ].join('\n');
}
