import type { HydraError } from '../../hydra/errors.js';
import { ClientError } from '../errors.js';

/** How many names a message lists. */
const LISTED = 12;

/** What is wrong with a configuration: one line with its place, below it the text with a caret and what there is. */
export function problem(error: HydraError, about = ''): ClientError {
  const { place, source, hint = '', key } = error.details;
  const [first = '', ...more] = error.message.split('\n');
  const at = place?.file === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
  const within = key === undefined ? '' : `${key}: `;
  return new ClientError('config_invalid', `${about}${at}${within}${first}`, hint, {
    cause: error,
    lines: [
      ...more.filter((line) => line.trim() !== ''),
      ...(source === undefined || place === undefined ? [] : excerpt(source, place.column)),
      ...available(error.details.available ?? []),
    ],
  });
}

/** A line of text with a caret under one of its characters; long lines are cut around it. */
function excerpt(source: string, column: number): string[] {
  const from = Math.max(0, column - 1 - BEFORE);
  const shown = source.slice(from, from + WIDTH);
  const left = from > 0 ? '…' : '';
  // Tabs are as wide as the terminal makes them.
  const pad = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  return [`  ${left}${shown}`, `  ${left && ' '}${pad}^`];
}

const BEFORE = 60;
const WIDTH = 100;

function available(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, LISTED).join(', ');
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return [`  there is: ${shown}${rest}`];
}
