/**
 * Lengths in bits of the codes of bytes 0 to 255 and of EOS (RFC 7541, appendix B). The code is canonical: codes of
 * one length are consecutive in the order of the bytes, so that the lengths say everything.
 */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const EOS = 256;
const LONGEST = 30;

interface Codes {
  /** Of each length: its first code, and where its symbols begin. */
  first: number[];
  start: number[];
  count: number[];
  symbols: number[];
}

let codes: Codes | null = null;

/** @throws Error for what no encoder makes */
export function huffmanDecode(bytes: Uint8Array): string {
  codes ??= build();
  const { first, start, count, symbols } = codes;
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      if (length > LONGEST) throw new Error('HPACK: no such code');
      const place = code - first[length]!;
      if (place < 0 || place >= count[length]!) continue;
      const symbol = symbols[start[length]! + place]!;
      if (symbol === EOS) throw new Error('HPACK: EOS in a text');
      text += String.fromCharCode(symbol);
      code = 0;
      length = 0;
    }
  // The last byte is filled up with the most significant bits of EOS, which are ones.
  if (length > 7 || code !== 2 ** length - 1) throw new Error('HPACK: bad padding');
  return text;
}

function build(): Codes {
  const bySize: number[][] = Array.from({ length: LONGEST + 1 }, () => []);
  for (const [symbol, length] of LENGTHS.entries()) bySize[length]!.push(symbol);
  const first: number[] = [];
  const start: number[] = [];
  let code = 0;
  let place = 0;
  for (const { length: count } of bySize) {
    code *= 2;
    first.push(code);
    start.push(place);
    code += count;
    place += count;
  }
  return { first, start, count: bySize.map(({ length }) => length), symbols: bySize.flat() };
}
