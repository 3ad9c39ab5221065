declare const EXPD_VERSION: string | undefined;

/** Of this package; `dev` when it runs from source. */
export const VERSION = typeof EXPD_VERSION === 'undefined' ? 'dev' : EXPD_VERSION;

/**
 * What client and daemon must agree on. It grows only when an old peer would misunderstand a message;
 * new calls and fields leave it as it is.
 */
export const PROTOCOL = 1;

/** Call metadata: the client's protocol and version, and in the answer's initial metadata the daemon's. */
export const PROTOCOL_KEY = 'expd-protocol';
export const VERSION_KEY = 'expd-version';

/** Trailing metadata with the serialised ErrorDetail. */
export const ERROR_KEY = 'expd-error-bin';
