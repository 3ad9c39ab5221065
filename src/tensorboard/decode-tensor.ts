import type { Fields } from './fields.js';
import { FIXED32, FIXED64, key, LENGTH, VARINT } from './message.js';
import { DTYPE, TENSOR } from './value.js';

/** A TensorProto, as far as summaries need it. */
export interface Tensor {
  shape: number[];
  numbers: number[];
  /** Views of the bytes that were read. */
  strings: Buffer[];
}

type Read = (fields: Fields) => number;
const float: Read = (fields) => fields.float();
const double: Read = (fields) => fields.double();
const varint: Read = (fields) => fields.varint();

/** Writers put numbers into a field of their type, packed or one by one, or into `tensor_content` as raw bytes. */
const TYPED = new Map<number, Read>(
  (
    [
      [TENSOR.floats, FIXED32, float],
      [TENSOR.doubles, FIXED64, double],
      [TENSOR.ints, VARINT, varint],
      [TENSOR.longs, VARINT, varint],
      [TENSOR.bools, VARINT, varint],
    ] as const
  ).flatMap(([field, wireType, read]) => [
    [key(field, wireType), read],
    [key(field, LENGTH), read],
  ]),
);
const RAW: Readonly<Record<number, { bytes: number; read: (bytes: Buffer, at: number) => number }>> = {
  [DTYPE.float]: { bytes: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  [DTYPE.double]: { bytes: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
  [DTYPE.int32]: { bytes: 4, read: (bytes, at) => bytes.readInt32LE(at) },
  [DTYPE.int64]: { bytes: 8, read: (bytes, at) => Number(bytes.readBigInt64LE(at)) },
  [DTYPE.bool]: { bytes: 1, read: (bytes, at) => bytes[at]! },
};

export function decodeTensor(fields: Fields): Tensor {
  const tensor: Tensor = { shape: [], numbers: [], strings: [] };
  let dtype = 0;
  let content: Buffer | null = null;
  while (fields.next())
    switch (fields.key) {
      case key(TENSOR.dtype, VARINT):
        dtype = fields.varint();
        break;
      case key(TENSOR.shape, LENGTH):
        tensor.shape = decodeShape(fields.message());
        break;
      case key(TENSOR.content, LENGTH):
        content = fields.view();
        break;
      case key(TENSOR.strings, LENGTH):
        tensor.strings.push(fields.view());
        break;
      default:
        decodeTyped(fields, tensor.numbers);
    }
  if (content !== null) decodeRaw(content, dtype, tensor.numbers);
  return tensor;
}

function decodeShape(fields: Fields): number[] {
  const shape: number[] = [];
  while (fields.next())
    if (fields.key === key(2, LENGTH)) shape.push(decodeDimension(fields.message()));
    else fields.skip();
  return shape;
}

function decodeDimension(fields: Fields): number {
  let size = 0;
  while (fields.next())
    if (fields.key === key(1, VARINT)) size = fields.varint();
    else fields.skip();
  return size;
}

function decodeTyped(fields: Fields, numbers: number[]): void {
  const read = TYPED.get(fields.key);
  if (read === undefined) fields.skip();
  else fields.repeated(numbers, read);
}

function decodeRaw(content: Buffer, dtype: number, numbers: number[]): void {
  const element = RAW[dtype];
  if (element === undefined) return;
  for (let at = 0; at + element.bytes <= content.length; at += element.bytes)
    numbers.push(element.read(content, at));
}
