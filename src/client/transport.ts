import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { ErrorDetail } from '../gen/expd/v1/errors.js';
import { ERROR_KEY, PROTOCOL, PROTOCOL_KEY, VERSION, VERSION_KEY } from '../protocol.js';

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

/** Large enough that a log is not slowed down by waiting for window updates. */
const WINDOW_BYTES = 4 << 20;
const { NGHTTP2_CANCEL } = constants;
const OK = 0;
const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;

/**
 * gRPC over one connected socket, framed by hand on node:http2: a short command spends half of its time
 * in starting, and the full library would double that. The wire is that of the gRPC specification
 * (PROTOCOL-HTTP2.md): no compression, one message per length-prefixed frame, status in the trailers.
 */
export class Channel {
  readonly #session: ClientHttp2Session;

  constructor(socket: Socket) {
    this.#session = connect('http://localhost', {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    this.#session.once('connect', (session) => session.setLocalWindowSize(WINDOW_BYTES));
    // Each stream tells of it, too, and that is where it is dealt with.
    this.#session.on('error', () => {});
  }

  /** @throws CallFailed, ConnectionLost */
  async call<Ask, Answer>(
    method: Method<Ask, Answer>,
    asks: Iterable<Ask>,
    deadlineMs: number,
  ): Promise<Answer> {
    for await (const answer of this.#answers(method, asks, deadlineMs)) return answer;
    throw new ConnectionLost('the daemon ended the call without an answer');
  }

  /** Answers as they come; leaving the loop cancels the call. @throws CallFailed, ConnectionLost */
  stream<Ask, Answer>(method: Method<Ask, Answer>, ask: Ask): AsyncGenerator<Answer, void> {
    return this.#answers(method, [ask], null);
  }

  close(): void {
    this.#session.destroy();
  }

  async *#answers<Ask, Answer>(
    method: Method<Ask, Answer>,
    asks: Iterable<Ask>,
    deadlineMs: number | null,
  ): AsyncGenerator<Answer, void> {
    const stream = this.#open(method.path, deadlineMs);
    const end = watchEnd(stream);
    const timer = deadlineMs === null ? undefined : setTimeout(() => end.expire(), deadlineMs);
    try {
      for (const ask of asks) stream.write(frame(method.requestSerialize(ask)));
      stream.end();
      const messages = new Messages();
      for await (const chunk of stream)
        for (const message of messages.push(chunk)) yield method.responseDeserialize(message);
      await end.closed;
      end.check();
    } catch (cause) {
      if (cause instanceof CallFailed || cause instanceof ConnectionLost) throw cause;
      end.check();
      throw cause;
    } finally {
      clearTimeout(timer);
      if (!stream.closed) stream.close(NGHTTP2_CANCEL);
    }
  }

  #open(path: string, deadlineMs: number | null): ClientHttp2Stream {
    if (this.#session.closed || this.#session.destroyed) throw lost();
    return this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'user-agent': `expctl/${VERSION}`,
      [PROTOCOL_KEY]: String(PROTOCOL),
      [VERSION_KEY]: VERSION,
      ...(deadlineMs !== null && { 'grpc-timeout': `${deadlineMs}m` }),
    });
  }
}

interface End {
  closed: Promise<void>;
  expire(): void;
  /** Throws unless the call ended well. */
  check(): void;
}

type Headers = Readonly<Record<string, string | string[] | number | boolean | undefined>>;

/** The status stands in the trailers, or in the headers of an answer without a body. */
function watchEnd(stream: ClientHttp2Stream): End {
  let last: Headers = {};
  let expired = false;
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  stream.on('response', (headers) => {
    last = { ...last, ...headers };
  });
  stream.on('trailers', (headers) => {
    last = { ...last, ...headers };
  });
  // The loop that reads the stream throws it.
  stream.on('error', () => {});
  return {
    closed,
    expire() {
      expired = true;
      stream.close(NGHTTP2_CANCEL);
    },
    check() {
      if (expired) throw new ConnectionLost('the daemon does not answer');
      const status = last['grpc-status'];
      if (status === undefined) throw lost();
      if (Number(status) !== OK) throw refusal(Number(status), last);
    },
  };
}

function refusal(status: number, headers: Headers): Error {
  const message = decodeURIComponent(String(headers['grpc-message'] ?? `status ${status}`));
  const encoded = headers[ERROR_KEY];
  if (typeof encoded === 'string')
    return new CallFailed(status, message, ErrorDetail.decode(Buffer.from(encoded, 'base64')));
  if (status === UNAVAILABLE) return lost();
  if (status === DEADLINE_EXCEEDED) return new ConnectionLost('the daemon does not answer');
  return new CallFailed(status, message, null);
}

const lost = (): ConnectionLost => new ConnectionLost('the connection to the daemon broke');

/** One byte "not compressed", four bytes of length, the message. */
function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, 5);
  return framed;
}

/** Cuts what arrives into messages. A message that lies within one chunk is not copied. */
class Messages {
  #chunks: Buffer[] = [];
  #held = 0;

  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const whole: Buffer[] = [];
    for (let length = this.#next(); length !== null; length = this.#next()) {
      const all = this.#joined();
      whole.push(all.subarray(5, 5 + length));
      this.#chunks = [all.subarray(5 + length)];
      this.#held -= 5 + length;
    }
    return whole;
  }

  /** Length of the first message when all of it is here. */
  #next(): number | null {
    if (this.#held < 5) return null;
    if (this.#chunks[0]!.length < 5) this.#joined();
    const length = this.#chunks[0]!.readUInt32BE(1);
    return this.#held < 5 + length ? null : length;
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
