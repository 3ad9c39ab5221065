import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { ErrorDetail } from '../../gen/expd/v1/errors.js';
import { ERROR_KEY } from '../../protocol.js';
import { UserError, type UserErrorCode } from '../errors.js';

const STATUS: Readonly<Record<UserErrorCode, status>> = {
  usage: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  ambiguous: status.INVALID_ARGUMENT,
  wrong_state: status.FAILED_PRECONDITION,
  key_conflict: status.ALREADY_EXISTS,
  unknown_group: status.FAILED_PRECONDITION,
  experiment_taken: status.ALREADY_EXISTS,
  group_in_use: status.FAILED_PRECONDITION,
  has_dependants: status.FAILED_PRECONDITION,
  already_started: status.FAILED_PRECONDITION,
  dependency_cycle: status.FAILED_PRECONDITION,
  storage_full: status.RESOURCE_EXHAUSTED,
  // Not UNAVAILABLE: generic clients try that again by themselves, and a bad disk is no passing trouble.
  storage_failed: status.INTERNAL,
  not_allowed: status.PERMISSION_DENIED,
  not_available: status.UNIMPLEMENTED,
  config_invalid: status.INVALID_ARGUMENT,
  protocol_mismatch: status.FAILED_PRECONDITION,
  compacted: status.OUT_OF_RANGE,
  unsafe_place: status.FAILED_PRECONDITION,
  another_daemon: status.FAILED_PRECONDITION,
  database_corrupt: status.DATA_LOSS,
  database_newer: status.FAILED_PRECONDITION,
  network_filesystem: status.FAILED_PRECONDITION,
  no_shim: status.FAILED_PRECONDITION,
};

/** The call's end that has nothing to do with what was asked. */
export class CallEnded extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

/** What a caller is told of a thrown error; null for a bug, of which it learns nothing but that it is in the log. */
export function toStatus(err: unknown): Pick<StatusObject, 'code' | 'details' | 'metadata'> | null {
  if (err instanceof CallEnded) return { code: err.code, details: err.message, metadata: new Metadata() };
  if (err instanceof UserError) return failed(STATUS[err.code], toDetail(err));
  return null;
}

/** For bugs. */
export const INTERNAL = failed(status.INTERNAL, {
  code: 'internal',
  message: 'expd failed inside',
  hint: 'the cause is in its log; expctl daemon status names the file',
});

/** gRPC percent-encodes the message and throws on half a surrogate pair, which a cut string may end with. */
export const toDetail = ({ code, message, hint }: ErrorDetail): ErrorDetail => ({
  code,
  message: message.toWellFormed(),
  hint: hint.toWellFormed(),
});

function failed(code: status, detail: ErrorDetail) {
  const metadata = new Metadata();
  metadata.set(ERROR_KEY, Buffer.from(ErrorDetail.encode(detail).finish()));
  return { code, details: detail.message, metadata };
}
