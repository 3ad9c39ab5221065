import { describe, expect, test } from 'vitest';
import { type Carriage, lastCarriage, liveCarriage } from '../../src/client/render/carriage.js';
import { plain, shellLine } from '../../src/client/render/plain.js';
import { Sanitiser } from '../../src/client/render/sanitise.js';

function sanitise(bytes: string | Buffer, chunk = Number.POSITIVE_INFINITY): string {
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const sanitiser = new Sanitiser();
  let text = '';
  for (let at = 0; at < all.length; at += Math.min(chunk, all.length))
    text += sanitiser.push(all.subarray(at, at + Math.min(chunk, all.length)));
  return text + sanitiser.end();
}

/** What arrives, what may be shown. */
const VECTORS: [string, string | Buffer, string][] = [
  [
    'colours',
    '\x1b[31mred\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[38:5:9mcolon\x1b[m',
    '\x1b[31mred\x1b[0m \x1b[38;2;1;2;3mtrue\x1b[38:5:9mcolon\x1b[m',
  ],
  ['plain text of all scripts', 'naïve 中文 🚀 ok\ttab\n', 'naïve 中文 🚀 ok\ttab\n'],
  ['OSC 52 (clipboard), BEL', 'a\x1b]52;c;ZXZpbA==\x07b', 'ab'],
  ['OSC 52, ST', 'a\x1b]52;c;ZXZpbA==\x1b\\b', 'ab'],
  ['OSC 0 (title)', '\x1b]0;owned\x07x', 'x'],
  ['OSC 8 (link)', '\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\', 'click'],
  ['DECRQSS', 'a\x1bP$q"p\x1b\\b', 'ab'],
  ['APC, PM, SOS', '\x1b_x\x1b\\\x1b^y\x1b\\\x1bXz\x1b\\ok', 'ok'],
  ['a string that nothing ends', 'a\x1b]0;title\nnext line\n', 'a\nnext line\n'],
  ['cursor and screen', '\x1b[2J\x1b[H\x1b[1;1Hx\x1b[K\x1b[?1049h\x1b[?25ly', 'xy'],
  ['CSI with intermediates', 'a\x1b[1 qb\x1b[!pc', 'abc'],
  ['SGR look-alikes', 'a\x1b[>4;2mb\x1b[?1mc', 'abc'],
  ['device status and answers', '\x1b[6n\x1b[c\x1b[5nz', 'z'],
  ['two-character escapes', '\x1bc\x1b7\x1b8\x1b=\x1b(0\x1b#8x', 'x'],
  ['8-bit CSI as UTF-8', 'a\u009b31mb', 'a\ufffd31mb'],
  ['8-bit CSI as a byte', Buffer.from('a\x9b31mb', 'latin1'), 'a\ufffd31mb'],
  ['8-bit OSC', '\u009d52;c;x\u009cy', '\ufffd52;c;x\ufffdy'],
  ['backspace, bell, form feed', 'abc\b\b\bxyz\x07\x0c', 'abc\ufffd\ufffd\ufffdxyz\ufffd\ufffd'],
  ['DEL', 'a\x7fb', 'a\ufffdb'],
  ['NUL blocks after a power cut', `a${'\0'.repeat(300)}b`, 'ab'],
  ['bidi', 'a\u202eevil\u202c\u2066x\u2069', 'a\ufffdevil\ufffd\ufffdx\ufffd'],
  ['zero width', 'pass\u200bword\ufeff\u00ad', 'pass\ufffdword\ufffd\ufffd'],
  ['tag characters', 'x\u{e0041}y', 'x\ufffdy'],
  ['line separators', 'a\u2028b\u2029', 'a\ufffdb\ufffd'],
  ['invalid UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28, 0x62]), 'a\ufffd\ufffd\ufffd(b'],
  ['an escape torn at the end', 'ok\x1b[3', 'ok[3'],
  ['a character torn at the end', Buffer.from([0x61, 0xf0, 0x9f]), 'a\ufffd'],
  ['an escape in an escape', '\x1b\x1b[31mx', '\x1b[31mx'],
  ['a sequence without end', `\x1b[${'1;'.repeat(60)}`, `[${'1;'.repeat(60)}`],
];

describe('what may reach a terminal', () => {
  test.each(VECTORS)('%s', (_, bytes, expected) => {
    expect(sanitise(bytes)).toBe(expected);
  });

  test.each(VECTORS)('%s, byte by byte', (_, bytes, expected) => {
    expect(sanitise(bytes, 1)).toBe(expected);
  });

  test('nothing but SGR, newline, tab and carriage return is left of any bytes', () => {
    // A fixed sequence (xorshift) rich in escapes, so that a failure comes again.
    let seed = 12345;
    const next = (): number => {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return seed >>> 0;
    };
    const rich = [0x1b, 0x5b, 0x5d, 0x50, 0x07, 0x6d, 0x3b, 0x31, 0x9b, 0xc2, 0x5c, 0x0a, 0x0d, 0x00, 0x08];
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(
        Array.from({ length: 200 }, () => (next() % 3 === 0 ? next() % 256 : rich[next() % rich.length]!)),
      );
      const left = sanitise(bytes, 1 + (next() % 50)).replace(/\x1b\[[\d;:]*m/g, '');
      expect(left).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
    }
  });

  test('64 MiB of plain text are no work', () => {
    const chunk = Buffer.from('step 120 loss 0.31 lr 0.001 — all is well here\n'.repeat(1365)).subarray(
      0,
      65_536,
    );
    const sanitiser = new Sanitiser();
    const start = performance.now();
    for (let n = 0; n < 1024; n++) sanitiser.push(chunk);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('carriage returns', () => {
  const through = (carriage: Carriage, chunks: readonly string[]): string =>
    chunks.map((chunk) => carriage.push(chunk)).join('') + carriage.end();
  const bars = 'a 1%\ra 50%\ra 100%\nnext\r\nbar at the end\r';

  test('following, a bar moves on its line', () => {
    const moved = 'a 1%\r\x1b[Ka 50%\r\x1b[Ka 100%\nnext\nbar at the end';
    expect(through(liveCarriage(), [bars])).toBe(moved);
    expect(through(liveCarriage(), [...bars])).toBe(moved);
    expect(through(liveCarriage(), ['\r', '\r', 'x\r\r', '\n'])).toBe('\r\x1b[Kx\n');
  });

  test('without following, only the last state of a line shows', () => {
    const last = 'a 100%\nnext\nbar at the end';
    expect(through(lastCarriage(), [bars])).toBe(last);
    expect(through(lastCarriage(), [...bars])).toBe(last);
    expect(through(lastCarriage(), ['no newline'])).toBe('no newline');
    expect(through(lastCarriage(), ['\r\r\n\n'])).toBe('\n\n');
  });

  test('a line without end is not held for ever', () => {
    const carriage = lastCarriage();
    let shown = 0;
    for (let n = 0; n < 100; n++) shown += carriage.push('x'.repeat(10_000)).length;
    expect(shown).toBeGreaterThan(900_000);
    expect(shown + carriage.end().length).toBe(1_000_000);
  });
});

test('text from elsewhere stays on its line and visible', () => {
  expect(plain('a\nb\x1b[2J\u202e\x07 é 中')).toBe('a\\nb\\x1b[2J\\u{202e}\\x07 é 中');
  expect(plain('\u{e0041}')).toBe('\\u{e0041}');
});

test('a command line as one would type it', () => {
  expect(shellLine(['python', 't.py', '--lr=0.1', 'a b', "it's", '', 'x\ny', '🚀'])).toBe(
    `python t.py --lr=0.1 'a b' 'it'\\''s' '' $'x\\ny' '🚀'`,
  );
});
