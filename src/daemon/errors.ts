/** Stable codes of what a user can be told; api/errors maps each to a gRPC status. */
export type UserErrorCode =
  | 'usage'
  | 'not_found'
  | 'ambiguous'
  | 'wrong_state'
  | 'key_conflict'
  | 'unknown_group'
  | 'experiment_taken'
  | 'group_in_use'
  | 'has_dependants'
  | 'already_started'
  | 'dependency_cycle'
  | 'storage_full'
  | 'storage_failed'
  | 'not_allowed'
  | 'not_available'
  | 'config_invalid'
  | 'protocol_mismatch'
  | 'compacted'
  | 'unsafe_place'
  | 'another_daemon'
  | 'database_corrupt'
  | 'database_newer'
  | 'network_filesystem'
  | 'no_shim';

/** Something the user can act on: one line that says what is wrong, and what to do about it. */
export class UserError extends Error {
  constructor(
    readonly code: UserErrorCode,
    message: string,
    readonly hint: string = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UserError';
  }
}
