import type { Bucket } from './buckets.js';
import { int, nested } from './message.js';
import { pngSize } from './png.js';

/** Field numbers of tensorboard/compat/proto/{summary,tensor,tensor_shape,types}.proto. */
export const SUMMARY = { value: 1 } as const;
export const VALUE = {
  tag: 1,
  simpleValue: 2,
  image: 4,
  histogram: 5,
  audio: 6,
  tensor: 8,
  metadata: 9,
} as const;
export const METADATA = { plugin: 1, dataClass: 4 } as const;
export const PLUGIN = { name: 1, content: 2 } as const;
export const TENSOR = {
  dtype: 1,
  shape: 2,
  content: 4,
  floats: 5,
  doubles: 6,
  ints: 7,
  strings: 8,
  longs: 10,
  bools: 11,
} as const;
export const DTYPE = { float: 1, double: 2, int32: 3, string: 7, int64: 9, bool: 10 } as const;
/** How TensorBoard's stores keep a series (SummaryMetadata.data_class). */
const CLASS = { tensor: 2, blobs: 3 } as const;

/** @throws TypeError where it is not a PNG. */
export function imageValue(tag: string, pngs: readonly Uint8Array[]): Uint8Array {
  const sizes = pngs.map(pngSize);
  const [{ width, height } = { width: 0, height: 0 }] = sizes;
  const strings = [`${width}`, `${height}`, ...pngs];
  return value(
    tag,
    metadata('images', CLASS.blobs),
    tensor(DTYPE.string, [strings.length], ...strings.map(stringElement)),
  );
}

export const textValue = (tag: string, markdown: string): Uint8Array =>
  value(tag, metadata('text', CLASS.tensor), tensor(DTYPE.string, [], stringElement(markdown)));

export function histogramValue(tag: string, buckets: readonly Bucket[]): Uint8Array {
  const content = Buffer.alloc(buckets.length * 24);
  buckets.forEach(({ left, right, count }, row) => {
    content.writeDoubleLE(left, row * 24);
    content.writeDoubleLE(right, row * 24 + 8);
    content.writeDoubleLE(count, row * 24 + 16);
  });
  const rows = tensor(DTYPE.double, [buckets.length, 3], nested(TENSOR.content, content));
  return value(tag, metadata('histograms', CLASS.tensor), rows);
}

/** A value without a value: the data server drops what the tag has at and after the event's step, and shows nothing. */
export const tombstone = (tag: string): Uint8Array => value(tag);

/** A tag that carries a message of the hparams plugin and no data. */
export const hparamsValue = (tag: string, content: Uint8Array): Uint8Array =>
  value(tag, metadata('hparams', CLASS.tensor, content), tensor(DTYPE.float, [0]));

export const layoutValue = (tag: string, layout: Uint8Array): Uint8Array =>
  value(tag, metadata('custom_scalars', CLASS.tensor), tensor(DTYPE.string, [], stringElement(layout)));

const value = (tag: string, ...parts: Uint8Array[]): Uint8Array =>
  nested(SUMMARY.value, nested(VALUE.tag, tag), ...parts);

/** Given with each value: readers keep the first of a tag in a file. */
const metadata = (plugin: string, dataClass: number, content?: Uint8Array): Uint8Array =>
  nested(
    VALUE.metadata,
    nested(
      METADATA.plugin,
      nested(PLUGIN.name, plugin),
      ...(content ? [nested(PLUGIN.content, content)] : []),
    ),
    int(METADATA.dataClass, dataClass),
  );

const tensor = (dtype: number, shape: readonly number[], ...data: Uint8Array[]): Uint8Array =>
  nested(
    VALUE.tensor,
    int(TENSOR.dtype, dtype),
    nested(TENSOR.shape, ...shape.map((size) => nested(2, int(1, size)))),
    ...data,
  );

const stringElement = (element: Uint8Array | string): Uint8Array => nested(TENSOR.strings, element);
