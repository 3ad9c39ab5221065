import type { HydraError } from '../hydra/hydra.js';

/** What is wrong with a configuration, for people. */
export interface Explained {
  /** One line, with its place. */
  message: string;
  hint: string;
  /** What belongs below it: the text with a caret, what there is. */
  lines: string[];
}

/** How many names are listed. */
const LISTED = 12;
/** Of a long line so much is shown, beginning so far before the caret. */
const WIDTH = 100;
const BEFORE = 60;

export function explained({ message, details }: HydraError): Explained {
  const { place, source, hint = '', key, available = [] } = details;
  const [first = '', ...more] = message.split('\n');
  const at = place?.file === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
  const within = key === undefined ? '' : `${key}: `;
  return {
    message: `${at}${within}${first}`,
    hint,
    lines: [
      ...more.filter((line) => line.trim() !== ''),
      ...(source === undefined || place === undefined ? [] : excerpt(source, place.column)),
      ...listed(available),
    ],
  };
}

/** A line of text with a caret under one of its characters. */
function excerpt(source: string, column: number): string[] {
  const from = Math.max(0, column - 1 - BEFORE);
  const shown = source.slice(from, from + WIDTH);
  const left = from > 0 ? '…' : '';
  // Tabs are as wide as the terminal makes them.
  const pad = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  return [`  ${left}${shown}`, `  ${left && ' '}${pad}^`];
}

function listed(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, LISTED).join(', ');
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return [`  there is: ${shown}${rest}`];
}
