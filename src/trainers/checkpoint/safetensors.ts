/** A float32 array with its shape. */
export interface Weights {
  shape: readonly number[];
  values: Float32Array;
}

/** The header's length may not exceed this; more is damage. */
const HEADER_BYTES = 16 << 20;

/**
 * Arrays in the format of safetensors (github.com/huggingface/safetensors), which every other stack reads: the length
 * of a JSON header as uint64, the header (name → dtype, shape, place), the values; all little-endian, as is every
 * machine that this runs on.
 */
export function encodeWeights(
  weights: Readonly<Record<string, Weights>>,
  metadata: Readonly<Record<string, string>> = {},
): Buffer {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'np', ...metadata } };
  for (const [name, { shape, values }] of Object.entries(weights)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + values.byteLength] };
    end += values.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  // The values begin at a multiple of eight; the format allows spaces for that.
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...Object.values(weights).map(({ values }) => bytesOf(values))]);
}

/** Throws a sentence that says what is wrong. */
export function decodeWeights(file: Uint8Array): Record<string, Weights> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const length = bytes.length < 8 ? Number.NaN : Number(bytes.readBigUInt64LE(0));
  if (!(length <= Math.min(bytes.length - 8, HEADER_BYTES))) throw new Error('its header is torn');
  const header: unknown = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  if (!isRecord(header)) throw new Error('its header is no mapping');
  const body = bytes.subarray(8 + length);
  return Object.fromEntries(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, entry]) => [name, weightsAt(name, entry, body)]),
  );
}

function weightsAt(name: string, entry: unknown, body: Buffer): Weights {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (dtype !== 'F32' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw new Error(`${name} is no float32 array`);
  const [from, to] = [offsets[0]!, offsets[1]!];
  if (to > body.length || to - from !== 4 * shape.reduce((product, size) => product * size, 1))
    throw new Error(`${name} has not the size of its shape`);
  const values = new Float32Array((to - from) / 4);
  bytesOf(values).set(body.subarray(from, to));
  return { shape, values };
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
