import {
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';
import { PROTOCOL, PROTOCOL_KEY, VERSION, VERSION_KEY } from '../../protocol.js';
import { UserError } from '../errors.js';
import { fromSystem } from '../guard/system-error.js';
import type { Log } from '../log.js';
import { CallEnded, INTERNAL, toStatus } from './errors.js';

/** Answers of a server stream: slow readers slow down the sender, and nothing piles up. */
export interface Outgoing<Answer> {
  /** Resolves when another message may be sent; rejects once the call is over. */
  send(answer: Answer): Promise<void>;
  /** Aborted when the caller is gone or the daemon stops. */
  readonly signal: AbortSignal;
}

interface Options {
  /** Longest time for the answer; null = none. Callers may ask for less by their deadline. */
  withinMs?: number | null;
  /** Answers callers of every protocol version: what one needs to get out of a mismatch. */
  anyProtocol?: boolean;
}

const WITHIN_MS = 30_000;

/**
 * Makes gRPC methods of plain functions: checks the protocol, turns thrown errors into statuses,
 * logs bugs, ends streams when `closing` is aborted.
 */
export class Calls {
  constructor(
    private readonly log: Pick<Log, 'error' | 'warn'>,
    private readonly closing: AbortSignal,
  ) {}

  unary<Ask, Answer>(
    method: string,
    body: (request: Ask) => Answer | Promise<Answer>,
    options: Options = {},
  ): handleUnaryCall<Ask, Answer> {
    return (call, done) => {
      this.#answer(call.metadata, options, () => body(call.request))
        .finally(() => call.sendMetadata(whoAnswers()))
        .then((value) => done(null, value))
        .catch((err: unknown) => done(this.#status(method, err)));
    };
  }

  clientStream<Ask, Answer>(
    method: string,
    body: (requests: AsyncIterable<Ask>) => Promise<Answer>,
  ): handleClientStreamingCall<Ask, Answer> {
    return (call, done) => {
      this.#answer(call.metadata, { withinMs: null }, () => body(call))
        .finally(() => call.sendMetadata(whoAnswers()))
        .then((value) => done(null, value))
        .catch((err: unknown) => {
          // A caller that went away is no bug of ours, and cannot be told anything.
          if (!call.cancelled) done(this.#status(method, err));
        });
    };
  }

  /** `window`: messages under way before `send` waits. */
  serverStream<Ask, Answer>(
    method: string,
    window: number,
    body: (request: Ask, out: Outgoing<Answer>) => Promise<void>,
  ): handleServerStreamingCall<Ask, Answer> {
    return (call) => {
      const gone = new AbortController();
      call.once('cancelled', () => gone.abort(new CallEnded(status.CANCELLED, 'the caller is gone')));
      const signal = AbortSignal.any([gone.signal, this.closing]);
      const out = { signal, send: sender(call, signal, window) };
      call.sendMetadata(whoAnswers());
      this.#answer(call.metadata, { withinMs: null }, () => body(call.request, out))
        .then(() => call.end())
        .catch((err: unknown) => {
          if (!gone.signal.aborted) call.emit('error', this.#status(method, err));
        });
    };
  }

  async #answer<Answer>(
    metadata: Metadata,
    { withinMs = WITHIN_MS, anyProtocol = false }: Options,
    body: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    if (!anyProtocol) checkProtocol(metadata);
    const answer = body();
    if (!(answer instanceof Promise) || withinMs === null) return answer;
    return await within(withinMs, answer);
  }

  #status(method: string, err: unknown) {
    const refused = fromSystem(err);
    if (refused !== null) this.log.warn({ event: 'call_refused', method, err });
    const told = toStatus(refused ?? err);
    if (told === null) this.log.error({ event: 'call_failed', method, err });
    return told ?? INTERNAL;
  }
}

function sender<Ask, Answer>(
  call: ServerWritableStream<Ask, Answer>,
  signal: AbortSignal,
  window: number,
): (answer: Answer) => Promise<void> {
  let underWay = 0;
  let wake: (() => void) | null = null;
  const goOn = (): void => {
    wake?.();
    wake = null;
  };
  signal.addEventListener('abort', goOn, { once: true });
  return async (answer) => {
    signal.throwIfAborted();
    underWay++;
    // The callback comes when HTTP/2's flow control has let the message pass, not when it was merely stored.
    call.write(answer, () => {
      underWay--;
      goOn();
    });
    if (underWay < window) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    signal.throwIfAborted();
  };
}

function checkProtocol(metadata: Metadata): void {
  const [theirs] = metadata.get(PROTOCOL_KEY);
  if (theirs === undefined || theirs.toString() === String(PROTOCOL)) return;
  const [version = '?'] = metadata.get(VERSION_KEY);
  throw new UserError(
    'protocol_mismatch',
    `expctl ${version} speaks protocol ${theirs}, the daemon ${VERSION} protocol ${PROTOCOL}`,
    Number(theirs) < PROTOCOL
      ? 'update expctl to the version of the daemon'
      : 'restart the daemon, runs go on meanwhile: expctl daemon stop; expctl daemon start',
  );
}

function whoAnswers(): Metadata {
  const metadata = new Metadata();
  metadata.set(PROTOCOL_KEY, String(PROTOCOL));
  metadata.set(VERSION_KEY, VERSION);
  return metadata;
}

async function within<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CallEnded(status.DEADLINE_EXCEEDED, `no answer within ${ms / 1000} s`)),
      ms,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
