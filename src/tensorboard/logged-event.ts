import type { Bucket } from './buckets.js';
import type { SessionDetails, SessionStatus } from './event.js';

/** One event of a file. `wallTime` in seconds since 1970. */
export type LoggedEvent = { wallTime: number; step: number } & LoggedContent;

export type LoggedContent =
  | { kind: 'version'; version: string }
  | ({ kind: 'session'; status: SessionStatus } & SessionDetails)
  | { kind: 'values'; values: LoggedValue[] }
  /** A graph, run metadata, or something newer than this reader. */
  | { kind: 'other' };

/** What was logged under a tag, in whichever of its forms. */
export type LoggedValue = { tag: string } & LoggedDatum;

export type LoggedDatum =
  | { kind: 'scalar'; value: number }
  /** `images`: each encoded as PNG, JPEG or GIF. */
  | { kind: 'image'; width: number; height: number; images: Uint8Array[] }
  | { kind: 'text'; texts: string[] }
  | { kind: 'histogram'; buckets: Bucket[] }
  /** No value: the end of what the tag had at and after the event's step (EventWriter.rewind). */
  | { kind: 'tombstone' }
  /** Of another plugin, or not as its plugin has it. */
  | { kind: 'other'; plugin: string };

/** What lies behind the last event of a file: nothing, the beginning of another, or something that is no record. */
export type Tail = 'clean' | 'torn' | 'damaged';
