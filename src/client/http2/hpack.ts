import { huffmanDecode } from './huffman.js';

/**
 * Header compression (RFC 7541), as much of it as a peer needs that asked for no dynamic table: what it sends is
 * literal, and what it gets refers to the static table only.
 */
export type Headers = ReadonlyMap<string, string>;

/** Literals without indexing, new names, no Huffman code (section 6.2.2). */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [LITERAL, ...text(name), ...text(value)]),
  );
}

const LITERAL = Buffer.of(0);

function text(value: string): [Buffer, Buffer] {
  const bytes = Buffer.from(value, 'latin1');
  return [integer(bytes.length), bytes];
}

/** With a prefix of seven bits (section 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** The last of equal names counts. @throws Error for what no peer may send */
export function decodeHeaders(block: Buffer): Headers {
  const headers = new Map<string, string>();
  const input = new Reader(block);
  while (input.at < block.length) {
    const first = block[input.at]!;
    if (first & 0x80) {
      const [name, value] = STATIC[input.integer(7)] ?? unknownIndex();
      headers.set(name, value);
    } else if ((first & 0xe0) === 0x20) {
      // A dynamic table of size 0 stays one.
      input.integer(5);
    } else {
      const index = input.integer(first & 0x40 ? 6 : 4);
      const name = index === 0 ? input.text() : (STATIC[index] ?? unknownIndex())[0];
      headers.set(name, input.text());
    }
  }
  return headers;
}

class Reader {
  at = 0;

  constructor(private readonly block: Buffer) {}

  integer(prefix: number): number {
    const most = 2 ** prefix - 1;
    let value = this.byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new Error('HPACK: an integer too long');
  }

  text(): string {
    const huffman = (this.block[this.at] ?? 0) & 0x80;
    const length = this.integer(7);
    const bytes = this.block.subarray(this.at, this.at + length);
    if (bytes.length < length) throw new Error('HPACK: a text torn off');
    this.at += length;
    return huffman ? huffmanDecode(bytes) : bytes.toString('latin1');
  }

  private byte(): number {
    const byte = this.block[this.at++];
    if (byte === undefined) throw new Error('HPACK: a number torn off');
    return byte;
  }
}

function unknownIndex(): never {
  throw new Error('HPACK: an index outside of the static table');
}

/** Appendix A; the first entry has index 1. */
const STATIC: readonly (readonly [string, string] | undefined)[] = [
  undefined,
  ...(
    ':authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|' +
    ':status 206|:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|' +
    'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control|' +
    'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|' +
    'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|' +
    'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|' +
    'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'
  )
    .split('|')
    .map((entry): readonly [string, string] => {
      const space = entry.indexOf(' ');
      return space < 0 ? [entry, ''] : [entry.slice(0, space), entry.slice(space + 1)];
    }),
];
