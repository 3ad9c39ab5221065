import { textInside, withFile } from './inside.js';

const TOPOLOGY_BYTES = 256 << 20;

/** Bytes of one value; quantized weights are stored as the type of the quantization. */
const WIDTHS: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
  complex64: 8,
};

/**
 * model.json against its weights (https://js.tensorflow.org: WeightsManifestConfig): every shard is there, and together
 * they have the bytes that names, types and shapes say. @throws a sentence
 */
export function checkTfjs(root: string): void {
  const model: unknown = JSON.parse(textInside(root, 'model.json', TOPOLOGY_BYTES));
  for (const group of listAt(model, 'weightsManifest')) {
    const stored = listAt(group, 'paths').reduce<number>(
      (sum, path) => sum + withFile(root, String(path), (_, size) => size),
      0,
    );
    const sizes = listAt(group, 'weights').map(bytesOf);
    const said = sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    if (said !== null && said !== stored)
      throw new Error(`its weights have ${stored} bytes instead of ${said}`);
  }
}

/** null: of a type whose width its values decide. */
function bytesOf(weight: unknown): number | null {
  const { dtype, quantization } = fields(weight);
  const width = WIDTHS[String(fields(quantization).dtype ?? dtype)];
  if (width === undefined) return null;
  return listAt(weight, 'shape').reduce<number>((product, length) => product * Number(length), width);
}

const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function listAt(value: unknown, key: string): unknown[] {
  const list = fields(value)[key];
  return Array.isArray(list) ? list : [];
}
