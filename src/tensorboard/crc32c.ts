/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78;
/** TABLE[k * 256 + byte]: what `byte` becomes after k further bytes of zero (slicing-by-16). */
const TABLE = tables();

/**
 * CRC-32C (RFC 3720) of bytes[start, end). Plain JavaScript on purpose: records of scalars are 50 bytes, where
 * a call into native code costs more than the sum.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      TABLE[0xf00 + (crc & 255)]! ^
      TABLE[0xe00 + ((crc >>> 8) & 255)]! ^
      TABLE[0xd00 + ((crc >>> 16) & 255)]! ^
      TABLE[0xc00 + (crc >>> 24)]! ^
      TABLE[0xb00 + bytes[at + 4]!]! ^
      TABLE[0xa00 + bytes[at + 5]!]! ^
      TABLE[0x900 + bytes[at + 6]!]! ^
      TABLE[0x800 + bytes[at + 7]!]! ^
      TABLE[0x700 + bytes[at + 8]!]! ^
      TABLE[0x600 + bytes[at + 9]!]! ^
      TABLE[0x500 + bytes[at + 10]!]! ^
      TABLE[0x400 + bytes[at + 11]!]! ^
      TABLE[0x300 + bytes[at + 12]!]! ^
      TABLE[0x200 + bytes[at + 13]!]! ^
      TABLE[0x100 + bytes[at + 14]!]! ^
      TABLE[bytes[at + 15]!]!;
  }
  for (; at < end; at++) crc = TABLE[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** As TFRecord stores it: a sum over bytes that hold such a sum would be weak. */
export function maskedCrc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const crc = crc32c(bytes, start, end);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function tables(): Int32Array {
  const table = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256]!;
    table[at] = table[before & 255]! ^ (before >>> 8);
  }
  return table;
}
