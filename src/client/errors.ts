import { CallFailed, ConnectionLost } from './transport.js';

/** Something the caller can act on, found by the client itself. `code` is of the same vocabulary as ErrorDetail. */
export class ClientError extends Error {
  /** Shown below the one line: an excerpt, a list. */
  readonly lines: readonly string[];

  constructor(
    readonly code: string,
    message: string,
    readonly hint: string = '',
    options?: ErrorOptions & { lines?: readonly string[] },
  ) {
    super(message, options);
    this.name = 'ClientError';
    this.lines = options?.lines ?? [];
  }
}

/** What a failed command says: one line, what to do about it, and its exit code. */
export interface Failure {
  code: string;
  message: string;
  hint: string;
  exit: number;
  lines?: readonly string[];
}

export const USAGE = 2;
export const UNREACHABLE = 4;
/** Verbs that pass on a run's exit code have this one for every error of their own. */
export const OWN_ERROR = 125;

/** 1 (refused by state) for every other code. */
const EXITS: Readonly<Record<string, number>> = {
  usage: USAGE,
  ambiguous: USAGE,
  config_invalid: USAGE,
  not_available: USAGE,
  not_found: 3,
  unreachable: UNREACHABLE,
  protocol_mismatch: UNREACHABLE,
  no_shim: UNREACHABLE,
  another_daemon: UNREACHABLE,
  database_corrupt: UNREACHABLE,
  database_newer: UNREACHABLE,
  network_filesystem: UNREACHABLE,
  not_allowed: 5,
  unsafe_place: 5,
};

export const exitFor = (code: string): number => EXITS[code] ?? 1;

/** What to tell of a thrown error; of a bug no more than its first line, EXPD_DEBUG=1 shows the rest. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ClientError)
    return { ...failure(error.code, error.message, error.hint), lines: error.lines };
  if (error instanceof ConnectionLost)
    return failure('unreachable', error.message, 'expctl daemon status says whether it runs');
  if (error instanceof CallFailed) return ofCall(error);
  const message = error instanceof Error ? error.message : String(error);
  return failure('internal', `expctl failed inside: ${message.split('\n')[0]}`, 'EXPD_DEBUG=1 shows where');
}

/** gRPC status codes that come without a detail: from the library, not from a service. */
const UNIMPLEMENTED = 12;
const RESOURCE_EXHAUSTED = 8;

function ofCall({ status, detail, message }: CallFailed): Failure {
  if (detail !== null) return failure(detail.code, detail.message, detail.hint);
  if (status === UNIMPLEMENTED)
    return failure(
      'protocol_mismatch',
      'the running daemon is older and does not know this call',
      'restart it, runs go on meanwhile: expctl daemon stop; expctl daemon start',
    );
  if (status === RESOURCE_EXHAUSTED)
    return failure('usage', `too much for one call: ${message}`, 'shorten it or split it up');
  return failure('internal', `the daemon failed: ${message}`, 'expctl daemon status names its log');
}

const failure = (code: string, message: string, hint: string): Failure => ({
  code,
  message,
  hint,
  exit: exitFor(code),
});
