import type { Bucket } from './buckets.js';
import { decodeLegacyHistogram, decodeLegacyImage } from './decode-legacy.js';
import { decodeTensor, type Tensor } from './decode-tensor.js';
import type { Fields } from './fields.js';
import type { LoggedDatum, LoggedValue } from './logged-event.js';
import { FIXED32, key, LENGTH } from './message.js';
import { METADATA, PLUGIN, VALUE } from './value.js';

/** `plugins`: tag → plugin, of the file so far; is added to. */
export function decodeValue(fields: Fields, plugins: Map<string, string>): LoggedValue {
  let [tag, plugin] = ['', ''];
  let datum: LoggedDatum = { kind: 'tombstone' };
  let tensor: Fields | null = null;
  while (fields.next())
    switch (fields.key) {
      case key(VALUE.tag, LENGTH):
        tag = fields.string();
        break;
      case key(VALUE.simpleValue, FIXED32):
        datum = { kind: 'scalar', value: fields.float() };
        break;
      case key(VALUE.image, LENGTH):
        datum = decodeLegacyImage(fields.message());
        break;
      case key(VALUE.histogram, LENGTH):
        datum = decodeLegacyHistogram(fields.message());
        break;
      case key(VALUE.tensor, LENGTH):
        tensor = fields.message();
        break;
      case key(VALUE.metadata, LENGTH):
        plugin = decodePlugin(fields.message());
        break;
      case key(VALUE.audio, LENGTH):
        datum = { kind: 'other', plugin: 'audio' };
        fields.skip();
        break;
      default:
        fields.skip();
    }
  if (tensor === null && plugin === '') return { tag, ...datum };
  const known = plugins.get(tag) ?? remembered(plugins, tag, plugin);
  if (tensor !== null) return { tag, ...fromTensor(tensor, known) };
  // The plugin of hyperparameters has all it says in the metadata.
  return { tag, ...(datum.kind === 'tombstone' ? { kind: 'other', plugin } : datum) };
}

/** A file may have tags without end. */
const REMEMBERED = 10_000;

function remembered(plugins: Map<string, string>, tag: string, plugin: string): string {
  if (plugin !== '' && plugins.size < REMEMBERED) plugins.set(tag, plugin);
  return plugin;
}

/** The name in a SummaryMetadata; empty where there is none. */
function decodePlugin(fields: Fields): string {
  let name = '';
  while (fields.next())
    if (fields.key === key(METADATA.plugin, LENGTH)) name = decodePluginName(fields.message());
    else fields.skip();
  return name;
}

function decodePluginName(fields: Fields): string {
  let name = '';
  while (fields.next())
    if (fields.key === key(PLUGIN.name, LENGTH)) name = fields.string();
    else fields.skip();
  return name;
}

/** The first of a tag counts, as for TensorBoard. */
function fromTensor(fields: Fields, plugin: string): LoggedDatum {
  switch (plugin) {
    case 'scalars':
      return scalarOf(decodeTensor(fields)) ?? { kind: 'other', plugin };
    case 'images':
      return imageOf(decodeTensor(fields)) ?? { kind: 'other', plugin };
    case 'text':
      return { kind: 'text', texts: decodeTensor(fields).strings.map((string) => string.toString()) };
    case 'histograms':
      return { kind: 'histogram', buckets: bucketsOf(decodeTensor(fields)) };
    case '':
      // Begun in the middle of a file, behind the value that named the plugin: a lone number is a scalar.
      return scalarOf(decodeTensor(fields)) ?? { kind: 'other', plugin };
    default:
      return { kind: 'other', plugin };
  }
}

function scalarOf({ shape, numbers }: Tensor): LoggedDatum | null {
  const [value] = numbers;
  return shape.length === 0 && numbers.length === 1 && value !== undefined ? { kind: 'scalar', value } : null;
}

function imageOf({ strings: [width, height, ...images] }: Tensor): LoggedDatum | null {
  if (width === undefined || height === undefined) return null;
  return {
    kind: 'image',
    width: Number(width.toString()),
    height: Number(height.toString()),
    images: images.map((image) => Uint8Array.from(image)),
  };
}

function bucketsOf({ numbers }: Tensor): Bucket[] {
  const buckets: Bucket[] = [];
  for (let at = 0; at + 3 <= numbers.length; at += 3)
    buckets.push({ left: numbers[at]!, right: numbers[at + 1]!, count: numbers[at + 2]! });
  return buckets;
}
