import type { Socket } from 'node:net';
import {
  CANCEL,
  decodeFrame,
  decodeSettings,
  encodeFrame,
  encodeSettings,
  FLAG,
  FRAME,
  type Frame,
  frames,
  SETTING,
  uint32,
  unpadded,
} from './frames.js';
import { decodeHeaders, encodeHeaders, type Headers } from './hpack.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** RFC 9113's defaults: what holds until the peer says otherwise. */
const DEFAULT_WINDOW = 65_535;
const DEFAULT_FRAME = 16_384;
/** What the peer may send ahead. Large enough that a log does not wait for window updates. */
const WINDOW = 4 << 20;

/** What happens on a stream, in order; after `over` nothing more. */
export interface StreamEvents {
  headers(headers: Headers): void;
  data(bytes: Buffer): void;
  /** `whole`: the peer ended it; otherwise it was reset, or the connection broke. */
  over(whole: boolean): void;
}

export interface Stream {
  /** So many bytes of data are dealt with: the peer may send as many more. */
  taken(bytes: number): void;
  cancel(): void;
}

interface Open {
  events: StreamEvents;
  /** What the peer lets us send. */
  window: number;
  unsent: Buffer;
  block: Buffer[];
  endsWithBlock: boolean;
  taken: number;
}

/**
 * The client side of one HTTP/2 connection over a connected socket (RFC 9113), with what gRPC needs of it:
 * requests with a body, headers, data and trailers of the answer, flow control both ways. node:http2 does the same,
 * and loading and warming it takes a short command longer than everything else it does.
 */
export class Connection {
  readonly #streams = new Map<number, Open>();
  readonly #frames = frames();
  #nextId = 1;
  #window = DEFAULT_WINDOW;
  #streamWindow = DEFAULT_WINDOW;
  #maxFrame = DEFAULT_FRAME;
  #taken = 0;
  #goingAway = false;
  #over = false;

  constructor(private readonly socket: Socket) {
    const settings = encodeSettings([
      [SETTING.headerTableSize, 0],
      [SETTING.enablePush, 0],
      [SETTING.initialWindowSize, WINDOW],
    ]);
    socket.write(
      Buffer.concat([
        PREFACE,
        encodeFrame(FRAME.settings, 0, 0, settings),
        encodeFrame(FRAME.windowUpdate, 0, 0, uint32(WINDOW - DEFAULT_WINDOW)),
      ]),
    );
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
  }

  /** No further request is answered. */
  get over(): boolean {
    return this.#over || this.#goingAway;
  }

  request(headers: Readonly<Record<string, string>>, body: Buffer, events: StreamEvents): Stream {
    const id = this.#nextId;
    this.#nextId += 2;
    const open: Open = {
      events,
      window: this.#streamWindow,
      unsent: body,
      block: [],
      endsWithBlock: false,
      taken: 0,
    };
    this.#streams.set(id, open);
    this.socket.cork();
    this.socket.write(encodeFrame(FRAME.headers, FLAG.endHeaders, id, encodeHeaders(headers)));
    this.#send(id, open);
    this.socket.uncork();
    return {
      taken: (bytes) => this.#replenish(id, open, bytes),
      cancel: () => {
        if (!this.#streams.delete(id)) return;
        this.#write(FRAME.rstStream, 0, id, uint32(CANCEL));
      },
    };
  }

  destroy(): void {
    this.socket.destroy();
    this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const [id] of this.#streams) this.#close(id, false);
  }

  #close(id: number, whole: boolean): void {
    const open = this.#streams.get(id);
    this.#streams.delete(id);
    open?.events.over(whole);
  }

  #write(type: number, flags: number, stream: number, payload: Uint8Array): void {
    if (!this.#over) this.socket.write(encodeFrame(type, flags, stream, payload));
  }

  /** As much of the body as both windows allow; the last frame ends our side. */
  #send(id: number, open: Open): void {
    while (open.unsent !== SENT) {
      const length = Math.min(open.unsent.length, this.#maxFrame, open.window, this.#window);
      if (length <= 0 && open.unsent.length > 0) return;
      const last = length === open.unsent.length;
      this.#write(FRAME.data, last ? FLAG.endStream : 0, id, open.unsent.subarray(0, length));
      open.window -= length;
      this.#window -= length;
      open.unsent = last ? SENT : open.unsent.subarray(length);
    }
  }

  #replenish(id: number, open: Open | undefined, bytes: number): void {
    this.#taken += bytes;
    if (this.#taken >= WINDOW / 2) {
      this.#write(FRAME.windowUpdate, 0, 0, uint32(this.#taken));
      this.#taken = 0;
    }
    if (open === undefined || !this.#streams.has(id)) return;
    open.taken += bytes;
    if (open.taken >= WINDOW / 2) {
      this.#write(FRAME.windowUpdate, 0, id, uint32(open.taken));
      open.taken = 0;
    }
  }

  #receive(chunk: Buffer): void {
    this.#frames.push(chunk);
    try {
      for (let bytes = this.#frames.next(); bytes !== null; bytes = this.#frames.next())
        this.#handle(decodeFrame(bytes));
    } catch {
      // What cannot be read is no daemon's answer; the streams learn that the connection is over.
      this.destroy();
    }
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case FRAME.data:
        this.#data(frame);
        break;
      case FRAME.headers:
      case FRAME.continuation:
        this.#headers(frame);
        break;
      case FRAME.rstStream:
        this.#close(frame.stream, false);
        break;
      case FRAME.settings:
        this.#settings(frame);
        break;
      case FRAME.ping:
        if (!(frame.flags & FLAG.ack)) this.#write(FRAME.ping, FLAG.ack, 0, frame.payload);
        break;
      case FRAME.goaway:
        this.#goaway(frame.payload.readUInt32BE(0) & 0x7fffffff);
        break;
      case FRAME.windowUpdate:
        this.#widen(frame.stream, frame.payload.readUInt32BE(0) & 0x7fffffff);
        break;
    }
  }

  #data(frame: Frame): void {
    const open = this.#streams.get(frame.stream);
    const bytes = unpadded(frame);
    // Padding counts as data in the windows, and so does what arrives for a stream that was cancelled.
    const unseen = open === undefined ? frame.payload.length : frame.payload.length - bytes.length;
    if (unseen > 0) this.#replenish(frame.stream, open, unseen);
    open?.events.data(bytes);
    if (frame.flags & FLAG.endStream) this.#close(frame.stream, true);
  }

  #headers(frame: Frame): void {
    const open = this.#streams.get(frame.stream);
    if (open === undefined) return;
    if (frame.type === FRAME.headers) open.endsWithBlock = (frame.flags & FLAG.endStream) !== 0;
    open.block.push(frame.type === FRAME.headers ? unpadded(frame) : frame.payload);
    if (!(frame.flags & FLAG.endHeaders)) return;
    open.events.headers(decodeHeaders(Buffer.concat(open.block)));
    open.block = [];
    if (open.endsWithBlock) this.#close(frame.stream, true);
  }

  #settings({ flags, payload }: Frame): void {
    if (flags & FLAG.ack) return;
    for (const [id, value] of decodeSettings(payload)) {
      if (id === SETTING.maxFrameSize) this.#maxFrame = value;
      if (id !== SETTING.initialWindowSize) continue;
      for (const open of this.#streams.values()) open.window += value - this.#streamWindow;
      this.#streamWindow = value;
    }
    this.#write(FRAME.settings, FLAG.ack, 0, new Uint8Array());
    for (const [id, open] of this.#streams) this.#send(id, open);
  }

  #widen(stream: number, bytes: number): void {
    if (stream === 0) this.#window += bytes;
    else {
      const open = this.#streams.get(stream);
      if (open !== undefined) open.window += bytes;
    }
    for (const [id, open] of this.#streams) this.#send(id, open);
  }

  /** The peer goes: streams that it has not seen are over, the others may still end well. */
  #goaway(lastSeen: number): void {
    this.#goingAway = true;
    for (const [id] of this.#streams) if (id > lastSeen) this.#close(id, false);
  }
}

const SENT = Buffer.alloc(0);
