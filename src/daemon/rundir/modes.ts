/**
 * Permission bits for what is made in a project: what the submitter's shell would have given, not what the
 * daemon's own umask (often 077) allows. The owner always keeps access.
 */
export const directoryMode = (umask: number): number => (0o777 & ~umask) | 0o700;
export const fileMode = (umask: number): number => (0o666 & ~umask) | 0o600;
