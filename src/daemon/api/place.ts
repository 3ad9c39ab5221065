import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { UserError } from '../errors.js';

/**
 * Makes room for our socket, in a directory that is known to be ours alone. Only the holder of the instance
 * lock may call it: what is left there then belongs to a daemon that died, or to something else, which
 * answers and is left alone.
 */
export async function clearSocket(path: string): Promise<void> {
  const left = lstatSync(path, { throwIfNoEntry: false });
  if (left === undefined) return;
  if (!left.isSocket())
    throw new UserError('unsafe_place', `${path} is in the way: it is not a socket`, 'move it away');
  if (await answers(path))
    throw new UserError('another_daemon', `another program answers at ${path}`, 'end it, or set EXPD_HOME');
  rmSync(path, { force: true });
}

/** 0600, whatever the umask was. */
export const closeSocketToOthers = (path: string): void => chmodSync(path, 0o600);

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
