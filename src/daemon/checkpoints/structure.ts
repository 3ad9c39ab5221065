import { readSync } from 'node:fs';
import { withFile } from './inside.js';
import { checkZip } from './zip.js';

/**
 * Whether a file is whole, as far as its format tells without reading it by heart: ZIP with its checksums (torch,
 * Keras), safetensors, HDF5. Others only must not be empty, nor, as pickles, begin with zeros. @throws a sentence
 */
export function checkStructure(root: string, path: string): void {
  withFile(root, path, (fd, size) => {
    if (size === 0) throw new Error(`${path} is empty`);
    const head = Buffer.alloc(64);
    const got = readSync(fd, head, 0, head.length, 0);
    try {
      const [, check] = FORMATS.find(([matches]) => matches(path, head.subarray(0, got))) ?? [];
      check?.(fd, size, head);
    } catch (cause) {
      throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`);
    }
  });
}

type Check = (fd: number, size: number, head: Buffer) => void;

const HDF5 = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
const ZIPPED = /\.(?:ckpt|pt|pth|pth\.tar|bin|pkl|keras|zip|npz)$/;

const FORMATS: readonly [matches: (path: string, head: Buffer) => boolean, check: Check][] = [
  [(path) => path.endsWith('.safetensors'), checkSafetensors],
  [(path, head) => /\.(?:h5|hdf5)$/.test(path) || head.subarray(0, 8).equals(HDF5), checkHdf5],
  [(path, head) => ZIPPED.test(path) && head.toString('latin1', 0, 2) === 'PK', checkZip],
  [(path, head) => PICKLED.test(path) && head.every((byte) => byte === 0), refuseZeros],
];

/** What torch and pickle write, in whichever of their formats. Other `.bin` may be bare numbers. */
const PICKLED =
  /(?:\.(?:ckpt|pt|pth|pth\.tar|pkl)|(?:pytorch_model|adapter_model|optimizer|scheduler)[^/]*\.bin)$/;

function refuseZeros(): void {
  throw new Error('it begins with zeros, as a power cut leaves them');
}

/** https://github.com/huggingface/safetensors: length of the header, header as JSON, tensors back to back. */
function checkSafetensors(fd: number, size: number, head: Buffer): void {
  const length = size < 8 ? Number.POSITIVE_INFINITY : Number(head.readBigUInt64LE(0));
  if (8 + length > size || length > LARGEST_HEADER) throw new Error('its header is cut short');
  const text = Buffer.alloc(length);
  readSync(fd, text, 0, length, 8);
  let end = 0;
  for (const [name, tensor] of Object.entries(parseObject(text.toString())))
    if (name !== '__metadata__') end = Math.max(end, lastOffset(tensor));
  if (8 + length + end !== size) throw new Error(`${size} bytes instead of ${8 + length + end}`);
}

const LARGEST_HEADER = 100 << 20;

function parseObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed };
  } catch {}
  throw new Error('its header is torn');
}

function lastOffset(tensor: unknown): number {
  const offsets =
    typeof tensor === 'object' && tensor !== null && 'data_offsets' in tensor ? tensor.data_offsets : null;
  const end: unknown = Array.isArray(offsets) ? offsets[1] : null;
  if (typeof end !== 'number') throw new Error('its header is torn');
  return end;
}

/** HDF5 File Format Specification III.A: the superblock says where the file ends. */
function checkHdf5(_fd: number, size: number, head: Buffer): void {
  if (!head.subarray(0, 8).equals(HDF5)) throw new Error('it is no HDF5 file');
  const version = head[8]!;
  const sizes = version < 2 ? head[13] : head[9];
  if (sizes !== 8) return; // addresses of another width: nothing that Keras writes
  const end = Number(head.readBigUInt64LE(version < 2 ? 40 : 28));
  if (size < end) throw new Error(`${size} bytes instead of ${end}`);
}
