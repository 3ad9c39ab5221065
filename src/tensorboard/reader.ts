import { decodeEvent } from './decode-event.js';
import { Malformed } from './fields.js';
import type { LoggedEvent, Tail } from './logged-event.js';
import { RecordReader } from './record-reader.js';

export interface ReadOptions {
  /** Where to begin: an `offset` of an earlier reader of the file. */
  offset?: number;
  /** Longer records are passed over unread. */
  maxRecordBytes?: number;
}

/**
 * Reads an event file, by whomever written, while it may still be growing. Synchronous; memory stays at 64 KiB or the
 * largest record. Fields it does not know are ignored, records it cannot use are counted in `skipped`; at a length
 * that is damaged it ends, as TensorBoard does, since nobody knows where the next record begins.
 */
export class EventReader {
  readonly #records: RecordReader;
  /** Tag → plugin: writers name it with the first value of a tag only. */
  readonly #plugins = new Map<string, string>();
  #malformed = 0;

  /** @throws the error of open(2), and Error where `path` is no regular file. */
  constructor(path: string, { offset = 0, maxRecordBytes = 64 << 20 }: ReadOptions = {}) {
    this.#records = new RecordReader(path, offset, maxRecordBytes);
  }

  /** Behind the last event that was given. One may stop at any event and go on, here or in a new reader. */
  get offset(): number {
    return this.#records.offset;
  }

  /** Records that were passed over. */
  get skipped(): number {
    return this.#records.skipped + this.#malformed;
  }

  /** What lies behind the last whole record; known when `events` has ended. */
  get tail(): Tail {
    return this.#records.tail;
  }

  /** The events from `offset` to the end of what is there now. Call it again when the file has grown. */
  *events(): Generator<LoggedEvent, void, void> {
    for (let data = this.#records.next(); data !== null; data = this.#records.next()) {
      const event = this.#decode(data);
      if (event === null) this.#malformed++;
      else yield event;
    }
  }

  close(): void {
    this.#records.close();
  }

  #decode(data: Buffer): LoggedEvent | null {
    try {
      return decodeEvent(data, this.#plugins);
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }
}
