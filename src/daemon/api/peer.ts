import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Log } from '../log.js';

/** unix(7): SOL_SOCKET, SO_PEERCRED and its struct ucred {pid, uid, gid}. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UCRED_BYTES = 12;

type PeerUid = (socket: Socket) => number | null;

/**
 * Whether the process at the other end of a unix socket is the same user's. The kernel attests it, by
 * getsockopt, for which Node has no call. Where the native module for that is missing the rights of the
 * socket's directory are the barrier alone; that is logged once.
 */
export function peerCheck(log: Pick<Log, 'warn'>): (socket: Socket) => boolean {
  const ours = process.getuid?.();
  let peerUid: PeerUid | null | undefined;
  return (socket) => {
    // At the first connection: loading takes some 10 ms, and an idle daemon has none.
    if (peerUid === undefined) peerUid = loadPeerUid(log);
    if (peerUid === null) return true;
    const uid = peerUid(socket);
    if (uid === ours) return true;
    log.warn({ event: 'foreign_user_refused', uid });
    return false;
  };
}

function loadPeerUid(log: Pick<Log, 'warn'>): PeerUid | null {
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.filename)('koffi');
    const getsockopt = koffi
      .load(null)
      .func('int getsockopt(int fd, int level, int name, _Out_ uint32_t *value, _Inout_ uint32_t *length)');
    return (socket) => {
      const fd = descriptor(socket);
      if (fd === null) return null;
      const ucred = new Uint32Array(3);
      const failed = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, [UCRED_BYTES]) !== 0;
      return failed ? null : ucred[1]!;
    };
  } catch (err) {
    log.warn({ event: 'peer_check_missing', err });
    return null;
  }
}

/** Node keeps it in the socket's handle, unnamed in its documentation but unchanged for ten years. */
function descriptor(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}
