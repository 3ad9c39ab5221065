import { lastCarriage } from './carriage.js';
import { Sanitiser } from './sanitise.js';

/** What was to be seen, line by line, without colours: they may begin before what is shown here. */
export function tailLines(tail: Uint8Array): string[] {
  if (tail.length === 0) return [];
  const [sanitiser, carriage] = [new Sanitiser(), lastCarriage()];
  const text = carriage.push(sanitiser.push(tail)) + carriage.push(sanitiser.end()) + carriage.end();
  return text
    .replace(/\n+$/, '')
    .replace(/\x1b\[[\d;:]*m/g, '')
    .split('\n');
}

/** The last line with something on it, or ''. */
export const lastLine = (tail: Uint8Array): string =>
  tailLines(tail)
    .findLast((line) => line.trim() !== '')
    ?.trim() ?? '';
