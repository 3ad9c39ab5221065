/** TensorBoard event files: the public interface. See README.md. */

export type { Bucket } from './buckets.js';
export { curveTags } from './curve-tags.js';
export { dateBack } from './date-back.js';
export type { SessionDetails, SessionStatus } from './event.js';
export { eventFiles } from './event-files.js';
export type { Experiment, HParam, HParamColumn, MetricColumn, SessionEnd, SessionStart } from './hparams.js';
export type { Chart, ChartCategory, Margin } from './layout.js';
export type { LoggedContent, LoggedDatum, LoggedEvent, LoggedValue, Tail } from './logged-event.js';
export { type Marker, writeMarker } from './marker.js';
export { encodePng, type Pixels } from './png.js';
export { EventReader, type ReadOptions } from './reader.js';
export { EventWriter, type WriterOptions } from './writer.js';
