import type { Socket } from 'node:net';
import { ErrorDetail } from '../gen/expd/v1/errors.js';
import { ERROR_KEY, PROTOCOL, PROTOCOL_KEY, VERSION, VERSION_KEY } from '../protocol.js';
import { Connection, type Stream } from './http2/connection.js';
import { Pieces } from './http2/frames.js';
import type { Headers } from './http2/hpack.js';

/** A call of a generated service definition, e.g. `RunsService.list`. */
export interface Method<Ask, Answer> {
  readonly path: string;
  readonly requestSerialize: (ask: Ask) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
}

/** The daemon answered that it did not do it. */
export class CallFailed extends Error {
  constructor(
    /** gRPC status code. */
    readonly status: number,
    message: string,
    readonly detail: ErrorDetail | null,
  ) {
    super(message);
    this.name = 'CallFailed';
  }
}

/** No answer came: whether the daemon did it is not known. The same request may be sent again. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost';
}

const OK = '0';
const DEADLINE_EXCEEDED = '4';
const UNAVAILABLE = '14';

/**
 * gRPC over one connected socket, as the gRPC specification has it (PROTOCOL-HTTP2.md): no compression, one message per
 * length-prefixed frame, status in the trailers. The generated codecs do the rest; the full library would double the
 * time that a short command takes.
 */
export class Channel {
  readonly #connection: Connection;

  constructor(socket: Socket) {
    this.#connection = new Connection(socket);
  }

  /** @throws CallFailed, ConnectionLost */
  async call<Ask, Answer>(
    method: Method<Ask, Answer>,
    asks: readonly Ask[],
    deadlineMs: number,
  ): Promise<Answer> {
    let first: { answer: Answer } | null = null;
    // To its end: a stream that is left early is reset, and a peer that sees many resets closes the connection.
    for await (const answer of this.#answers(method, asks, deadlineMs)) first ??= { answer };
    if (first === null) throw new ConnectionLost('the daemon ended the call without an answer');
    return first.answer;
  }

  /** Answers as they come; leaving the loop cancels the call. @throws CallFailed, ConnectionLost */
  stream<Ask, Answer>(method: Method<Ask, Answer>, ask: Ask): AsyncGenerator<Answer, void> {
    return this.#answers(method, [ask], null);
  }

  get over(): boolean {
    return this.#connection.over;
  }

  close(): void {
    this.#connection.destroy();
  }

  async *#answers<Ask, Answer>(
    method: Method<Ask, Answer>,
    asks: readonly Ask[],
    deadlineMs: number | null,
  ): AsyncGenerator<Answer, void> {
    if (this.#connection.over) throw lost();
    const inbox = new Inbox();
    const body = Buffer.concat(asks.map((ask) => frame(method.requestSerialize(ask))));
    const stream = this.#connection.request(headers(method.path, deadlineMs), body, inbox);
    const timer = deadlineMs === null ? undefined : setTimeout(() => inbox.expire(), deadlineMs);
    try {
      for (let message = inbox.next(); ; message = inbox.next()) {
        if (message !== null) yield method.responseDeserialize(message);
        else if (inbox.ended) break;
        else await inbox.more(stream);
      }
      inbox.check();
    } finally {
      clearTimeout(timer);
      // Also of a call whose answer is here: what it took of the connection's window is for the next one.
      inbox.credit(stream);
      stream.cancel();
    }
  }
}

const headers = (path: string, deadlineMs: number | null): Record<string, string> => ({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': path,
  ':authority': 'localhost',
  'content-type': 'application/grpc+proto',
  te: 'trailers',
  'user-agent': `expctl/${VERSION}`,
  [PROTOCOL_KEY]: String(PROTOCOL),
  [VERSION_KEY]: VERSION,
  ...(deadlineMs !== null && { 'grpc-timeout': `${deadlineMs}m` }),
});

/** What has arrived of one call and was not yet read. */
class Inbox {
  readonly #messages = new Pieces(5, (bytes) => 5 + bytes.readUInt32BE(1));
  #headers: Headers = new Map();
  #wake: (() => void) | null = null;
  #uncredited = 0;
  #state: 'open' | 'ended' | 'broken' | 'expired' = 'open';

  get ended(): boolean {
    return this.#state !== 'open';
  }

  /** The status stands in the trailers, or in the headers of an answer without a body. */
  headers(headers: Headers): void {
    this.#headers = new Map([...this.#headers, ...headers]);
  }

  data(bytes: Buffer): void {
    this.#messages.push(bytes);
    this.#uncredited += bytes.length;
    this.#notify();
  }

  over(whole: boolean): void {
    if (this.#state === 'open') this.#state = whole ? 'ended' : 'broken';
    this.#notify();
  }

  expire(): void {
    if (this.#state === 'open') this.#state = 'expired';
    this.#notify();
  }

  /** A message, or null when none is whole yet. */
  next(): Buffer | null {
    return this.#messages.next()?.subarray(5) ?? null;
  }

  /**
   * Resolves when there may be more. Only a reader that waits lets the daemon send on: one that is slow
   * holds the daemon back, and a message larger than any window still comes through.
   */
  more(stream: Stream): Promise<void> {
    this.credit(stream);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** The daemon may send as much as has arrived. */
  credit(stream: Stream): void {
    if (this.#uncredited > 0) stream.taken(this.#uncredited);
    this.#uncredited = 0;
  }

  /** Throws unless the call ended well. */
  check(): void {
    const status = this.#headers.get('grpc-status');
    if (this.#state === 'expired') throw new ConnectionLost('the daemon does not answer');
    if (status === undefined) throw lost();
    if (status !== OK) throw refusal(status, this.#headers);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

function refusal(status: string, headers: Headers): Error {
  const message = decodeURIComponent(headers.get('grpc-message') ?? `status ${status}`);
  const encoded = headers.get(ERROR_KEY);
  if (encoded !== undefined)
    return new CallFailed(Number(status), message, ErrorDetail.decode(Buffer.from(encoded, 'base64')));
  if (status === UNAVAILABLE) return lost();
  if (status === DEADLINE_EXCEEDED) return new ConnectionLost('the daemon does not answer');
  return new CallFailed(Number(status), message, null);
}

const lost = (): ConnectionLost => new ConnectionLost('the connection to the daemon broke');

/** One byte "not compressed", four bytes of length, the message. */
function frame(message: Buffer): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
