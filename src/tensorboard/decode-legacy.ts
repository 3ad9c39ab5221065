import type { Bucket } from './buckets.js';
import type { Fields } from './fields.js';
import type { LoggedDatum } from './logged-event.js';
import { FIXED64, key, LENGTH, VARINT } from './message.js';

/** Images and histograms as writers made them before tensors, which PyTorch's and tensorboardX still do. */

/** tensorboard/compat/proto/summary.proto and histogram.proto. */
const IMAGE = { height: 1, width: 2, encoded: 4 } as const;
const HISTOGRAM = { min: 1, max: 2, limits: 6, counts: 7 } as const;

const double = (fields: Fields): number => fields.double();

export function decodeLegacyImage(fields: Fields): LoggedDatum {
  const image: Extract<LoggedDatum, { kind: 'image' }> = { kind: 'image', width: 0, height: 0, images: [] };
  while (fields.next())
    switch (fields.key) {
      case key(IMAGE.height, VARINT):
        image.height = fields.varint();
        break;
      case key(IMAGE.width, VARINT):
        image.width = fields.varint();
        break;
      case key(IMAGE.encoded, LENGTH):
        image.images = [Uint8Array.from(fields.view())];
        break;
      default:
        fields.skip();
    }
  return image;
}

export function decodeLegacyHistogram(fields: Fields): LoggedDatum {
  let [min, max] = [0, 0];
  const [limits, counts]: [number[], number[]] = [[], []];
  while (fields.next())
    switch (fields.key) {
      case key(HISTOGRAM.min, FIXED64):
        min = fields.double();
        break;
      case key(HISTOGRAM.max, FIXED64):
        max = fields.double();
        break;
      case key(HISTOGRAM.limits, LENGTH):
      case key(HISTOGRAM.limits, FIXED64):
        fields.repeated(limits, double);
        break;
      case key(HISTOGRAM.counts, LENGTH):
      case key(HISTOGRAM.counts, FIXED64):
        fields.repeated(counts, double);
        break;
      default:
        fields.skip();
    }
  return { kind: 'histogram', buckets: bucketsBetween(min, max, limits, counts) };
}

/** Of `counts` the nth is for what lies below the nth limit. Empty ends go: their limits may be ±1.8e308. */
function bucketsBetween(min: number, max: number, limits: number[], counts: number[]): Bucket[] {
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  if (first === -1) return [];
  return counts.slice(first, last + 1).map((count, n) => ({
    left: n === 0 ? min : (limits[first + n - 1] ?? min),
    right: first + n === last ? max : (limits[first + n] ?? max),
    count,
  }));
}
