import { maskedCrc32c } from './crc32c.js';

/**
 * TFRecord: uint64 length, its masked CRC-32C, the data, their masked CRC-32C; little-endian
 * (tensorflow/core/lib/io/record_writer.h).
 */
export const HEADER_BYTES = 12;
export const FOOTER_BYTES = 4;

/** Puts header and footer around the data that lie at [start + HEADER_BYTES, end). */
export function frame(bytes: Uint8Array, view: DataView, start: number, end: number): void {
  const length = end - start - HEADER_BYTES;
  view.setUint32(start, length, true);
  view.setUint32(start + 4, 0, true);
  view.setUint32(start + 8, maskedCrc32c(bytes, start, start + 8), true);
  view.setUint32(end, maskedCrc32c(bytes, start + HEADER_BYTES, end), true);
}

/** Length of the data that a header announces; null when it is no header. */
export function announcedLength(bytes: Buffer, start: number): number | null {
  if (bytes.readUInt32LE(start + 8) !== maskedCrc32c(bytes, start, start + 8)) return null;
  const length = bytes.readUInt32LE(start) + bytes.readUInt32LE(start + 4) * 2 ** 32;
  return Number.isSafeInteger(length) ? length : null;
}

/** Whether the data at [start, end) are those that the footer behind them was made of. */
export const isIntact = (bytes: Buffer, start: number, end: number): boolean =>
  bytes.readUInt32LE(end) === maskedCrc32c(bytes, start, end);
