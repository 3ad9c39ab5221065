import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** IHDR's colour type by the number of channels: grey, grey + alpha, RGB, RGB + alpha. */
const COLOUR_TYPES = [0, 4, 2, 6] as const;

export interface Pixels {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  /** 8 bits each, row by row from the top, channels side by side: [height][width][channels]. */
  data: Uint8Array | Uint8ClampedArray;
}

/**
 * A PNG (ISO/IEC 15948) of raw pixels.
 * @throws RangeError where size and data disagree.
 */
export function encodePng({ width, height, channels, data }: Pixels): Uint8Array {
  if (!(width > 0 && height > 0) || data.length !== width * height * channels)
    throw new RangeError(`${width} × ${height} pixels of ${channels} channels are not ${data.length} bytes`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = COLOUR_TYPES[channels - 1]!;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanlines(width * channels, height, data))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * What a PNG says of its size.
 * @throws TypeError where it is none.
 */
export function pngSize(png: Uint8Array): { width: number; height: number } {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.length < 24 || !bytes.subarray(0, 8).equals(SIGNATURE))
    throw new TypeError('not the bytes of a PNG');
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Each row behind a byte that says "unfiltered". */
function scanlines(rowBytes: number, height: number, data: Uint8Array | Uint8ClampedArray): Buffer {
  const lines = Buffer.alloc((rowBytes + 1) * height);
  for (let row = 0; row < height; row++)
    lines.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
  return lines;
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
