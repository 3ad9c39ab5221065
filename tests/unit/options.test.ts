import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSettings, SETTINGS } from '../../src/daemon/options.js';
import { bytes, durationMs, showBytes } from '../../src/daemon/quantity.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'expd-options-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const file = (text: string): string => {
  const path = join(directory, `${Math.random()}.yaml`);
  writeFileSync(path, text);
  return path;
};

describe('settings', () => {
  test('defaults without a file, every field from one key', async () => {
    const { settings, given } = await loadSettings(join(directory, 'none'), {}, {});
    expect(settings).toEqual({
      slots: 1,
      layout: 'hybrid',
      graceMs: 60_000,
      lowWaterBytes: 2 ** 30,
      retention: null,
      wandb: 'on',
      logLevel: 'info',
      notify: [],
      state: null,
      configDrift: 'warn',
      sweepLimit: 10_000,
    });
    expect(new Set(SETTINGS.map(({ field }) => field))).toEqual(new Set(Object.keys(settings)));
    expect(new Set(Object.values(given).map(({ origin }) => origin))).toEqual(new Set(['default']));
  });

  test('flag over environment over file over default', async () => {
    const path = file('slots: 2\n');
    const slots = async (flags: Record<string, string>, env: Record<string, string>) => {
      const { settings, given } = await loadSettings(path, flags, env);
      return [settings.slots, given.slots?.origin];
    };
    expect(await slots({}, {})).toEqual([2, 'file']);
    expect(await slots({}, { EXPD_SLOTS: '3' })).toEqual([3, 'environment']);
    expect(await slots({ slots: '4' }, { EXPD_SLOTS: '3' })).toEqual([4, 'flag']);
  });

  test.each([
    ['slots: many\n', /slots: "many" is not a whole number/],
    ['slots: 0\n', /slots: 0 is not a whole number from 1/],
    ['grace: 60\n', /grace: 60 is not a duration/],
    ['low_water: lots\n', /low_water: "lots" is not a size/],
    ['layout: a/b\n', /not the name of a layout/],
    ['log_level: loud\n', /none of trace, debug/],
    ['notify: [{}]\n', /neither `command` nor/],
    ['notify: [~]\n', /neither `command` nor/],
    ['notify: [{command: x, onn: [failed]}]\n', /no `onn`, only `command`, `url` and `on`/],
    ['state: relative\n', /not an absolute path/],
    ['slotz: 1\n', /unknown setting slotz/],
    ['- 1\n', /not a table/],
    ['slots: [\n', /yaml: /],
    ['slots: 1\nslots: 2\n', /unique/],
  ])('%j is refused in one line', async (text, message) => {
    const refused = await loadSettings(file(text), {}, {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'UserError', code: 'usage' });
    expect(String(refused)).toMatch(message);
    expect(String(refused)).not.toContain('\n');
  });

  test('notify as a shell line, words, or an address', async () => {
    const { settings } = await loadSettings(
      file(
        'notify:\n  - command: notify-send expd\n  - command: [mail, me]\n    on: [failed]\n  - url: https://example.org/hook\n',
      ),
      {},
      {},
    );
    expect(settings.notify).toEqual([
      { command: ['/bin/sh', '-c', 'notify-send expd'] },
      { command: ['mail', 'me'], on: ['failed'] },
      { url: 'https://example.org/hook' },
    ]);
  });
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['0.5m', 30_000],
  ['90', null],
  ['', null],
  ['5x', null],
])('duration %j', (text, ms) => expect(durationMs(text)).toBe(ms));

test.each([
  ['1GiB', 2 ** 30],
  ['1G', 2 ** 30],
  ['512 MB', 512 * 2 ** 20],
  ['0', 0],
  ['x', null],
])('size %j', (text, count) => expect(bytes(text)).toBe(count));

test.each([
  [0, '0 B'],
  [1536, '1.5 KiB'],
  [2 ** 30, '1.0 GiB'],
  [700 * 2 ** 20, '700 MiB'],
])('shows %d bytes', (count, text) => expect(showBytes(count)).toBe(text));
