import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openScreen } from '../../src/client/screen.js';

/** Both streams of a terminal, and what was written to it in order. */
function terminal(tty: boolean, env: Record<string, string> = {}, columns = 80) {
  let written = '';
  const stream = (): NodeJS.WriteStream => {
    const through = new PassThrough();
    through.on('data', (chunk: Buffer) => {
      written += chunk.toString();
    });
    return Object.assign(through as unknown as NodeJS.WriteStream, { isTTY: tty, columns });
  };
  const screen = openScreen(stream(), stream(), env, 0);
  /** As it looks: what was erased is gone. */
  const seen = (): string[] =>
    written.split('\n').map((line) => line.slice(line.lastIndexOf('\r\x1b[K') + 1).replace('\x1b[K', ''));
  return { screen, seen, written: () => written };
}

test('the standing line is below all others, whatever is written', async () => {
  const { screen, seen } = terminal(true);
  screen.status('1/3 done');
  screen.note('a note');
  await screen.write('a line\n');
  screen.status('2/3 done');
  expect(seen()).toEqual(['a note', 'a line', '2/3 done']);
  screen.status('');
  screen.note('the end');
  expect(seen()).toEqual(['a note', 'a line', 'the end', '']);
});

test('it is drawn when it changes, and never wraps', () => {
  const { screen, written, seen } = terminal(true, {}, 10);
  screen.status('0123456789');
  const once = written();
  screen.status('0123456789');
  expect(written()).toBe(once);
  expect(seen()).toEqual(['01234567…']);
});

test.each([
  ['where there is no terminal', false, {}],
  ['on one that cannot move', true, { TERM: 'dumb' }],
])('%s there is none', async (_, tty, env) => {
  const { screen, written } = terminal(tty, env);
  screen.status('1/3 done');
  screen.note('a note');
  await screen.write('a line\n');
  screen.status('');
  expect(written()).toBe('a note\na line\n');
});
