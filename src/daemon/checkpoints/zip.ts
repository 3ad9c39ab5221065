import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

// ZIP as torch.save and Keras write it (APPNOTE.TXT 4.3): entries, then the central directory, then its end.

export interface Entry {
  name: string;
  method: number;
  crc: number;
  compressed: number;
  size: number;
  /** Of the local header. */
  offset: number;
}

const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR_BYTES = 20;
const CENTRAL_BYTES = 64 << 20;
const CHUNK_BYTES = 1 << 20;

/** The central directory. @throws a sentence for what is torn */
export function zipEntries(fd: number, size: number): Entry[] {
  const tail = read(fd, Math.max(0, size - END_BYTES - LONGEST_COMMENT - LOCATOR_BYTES), size);
  const end = tail.lastIndexOf('PK\x05\x06', tail.length, 'latin1');
  if (end === -1 || end + END_BYTES > tail.length) throw new Error('it has no end: it was not written whole');
  let { count, bytes, offset } = {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  const locator = end - LOCATOR_BYTES;
  if (locator >= 0 && tail.toString('latin1', locator, locator + 4) === 'PK\x06\x07') {
    const record = read(fd, Number(tail.readBigUInt64LE(locator + 8)), size).subarray(0, 56);
    if (record.toString('latin1', 0, 4) !== 'PK\x06\x06') throw new Error('its directory is torn');
    count = Number(record.readBigUInt64LE(32));
    bytes = Number(record.readBigUInt64LE(40));
    offset = Number(record.readBigUInt64LE(48));
  }
  if (offset + bytes > size || bytes > CENTRAL_BYTES) throw new Error('its directory is torn');
  return parseCentral(read(fd, offset, offset + bytes), count);
}

/** Every stored entry against its checksum. @throws a sentence */
export function checkZip(fd: number, size: number): void {
  for (const entry of zipEntries(fd, size)) {
    const start = dataStart(fd, entry, size);
    if (start + entry.compressed > size) throw new Error(`${entry.name} is cut short`);
    // A checksum of 0: torch can be told to compute none.
    if (entry.method !== 0 || entry.crc === 0) continue;
    if (checksum(fd, start, entry.size) !== entry.crc) throw new Error(`${entry.name}: its checksum differs`);
  }
}

/** The bytes of a stored entry, at most `most`. */
export function entryBytes(fd: number, entry: Entry, size: number, most: number): Buffer {
  const start = dataStart(fd, entry, size);
  return read(fd, start, start + Math.min(entry.size, most));
}

function parseCentral(bytes: Buffer, count: number): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  for (let n = 0; n < count; n++) {
    if (at + 46 > bytes.length || bytes.toString('latin1', at, at + 4) !== 'PK\x01\x02')
      throw new Error('its directory is torn');
    const name = bytes.readUInt16LE(at + 28);
    const extra = bytes.readUInt16LE(at + 30);
    const comment = bytes.readUInt16LE(at + 32);
    const rest = bytes.subarray(at + 46 + name, at + 46 + name + extra);
    entries.push(
      widened(
        {
          name: bytes.toString('utf8', at + 46, at + 46 + name),
          method: bytes.readUInt16LE(at + 10),
          crc: bytes.readUInt32LE(at + 16),
          compressed: bytes.readUInt32LE(at + 20),
          size: bytes.readUInt32LE(at + 24),
          offset: bytes.readUInt32LE(at + 42),
        },
        rest,
      ),
    );
    at += 46 + name + extra + comment;
  }
  return entries;
}

const WIDE = 0xffffffff;

/** Fields of four bytes that did not suffice stand in the extra field 1, eight bytes each, in this order. */
function widened(entry: Entry, extra: Buffer): Entry {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    const wide = (value: number): number => {
      if (value !== WIDE || next + 8 > extra.length) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    };
    const size = wide(entry.size);
    const compressed = wide(entry.compressed);
    return { ...entry, size, compressed, offset: wide(entry.offset) };
  }
  return entry;
}

function dataStart(fd: number, { name, offset }: Entry, size: number): number {
  const header = read(fd, offset, Math.min(offset + 30, size));
  if (header.length < 30 || header.toString('latin1', 0, 4) !== 'PK\x03\x04')
    throw new Error(`${name} is not where the directory says`);
  return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

function checksum(fd: number, start: number, size: number): number {
  let crc = 0;
  for (let at = start; at < start + size; at += CHUNK_BYTES)
    crc = crc32(read(fd, at, Math.min(at + CHUNK_BYTES, start + size)), crc);
  return crc;
}

/** What is there of these bytes. */
function read(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, to - from));
  let got = 0;
  while (got < bytes.length) {
    const n = readSync(fd, bytes, got, bytes.length - got, from + got);
    if (n === 0) break;
    got += n;
  }
  return bytes.subarray(0, got);
}
