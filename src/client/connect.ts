import { connect as dialSocket, type Socket } from 'node:net';
import type { Places } from '../places.js';
import { ClientError } from './errors.js';
import { pause } from './pause.js';
import type { Starter } from './start.js';
import { Channel, ConnectionLost, type Method } from './transport.js';

/** The calls of a command. The connection is made with the first one and made again when it breaks. */
export interface Daemon {
  /** Sent again, the same, while the connection breaks: changes carry a request id. */
  call<Ask, Answer>(method: Method<Ask, Answer>, ask: Ask, deadlineMs?: number): Promise<Answer>;
  upload<Ask, Answer>(method: Method<Ask, Answer>, asks: readonly Ask[]): Promise<Answer>;
  /** One stream; it ends with ConnectionLost when the daemon goes away. */
  stream<Ask, Answer>(method: Method<Ask, Answer>, ask: Ask): AsyncGenerator<Answer, void>;
  /** Connects beside whatever the caller goes on with. What fails is told to the first call. */
  connect(): void;
  /** Resolves once the daemon can be reached, however long that takes. */
  reached(): Promise<void>;
  close(): void;
}

/** An answer that takes longer is none. */
const DEADLINE_MS = 30_000;
/** Where a whole history is read or moved, on a slow disk. */
export const PATIENT_MS = 3_600_000;
/** How long a call whose connection broke is tried again: a restart of the daemon takes less. */
const INSIST_MS = 15_000;
const AGAIN_MS = 50;
const AWAY_MS = 100;
/** A daemon that cannot start is not tried all the time. */
const MOST_AWAY_MS = 5_000;

export function openDaemon(places: Places, starter: Starter): Daemon {
  let channel: Channel | null = null;
  let opening: Promise<Channel> | null = null;

  const connected = async (): Promise<Channel> => {
    if (channel !== null && !channel.over) return channel;
    opening ??= reach(places, starter)
      .then((socket) => {
        channel = new Channel(socket);
        return channel;
      })
      .finally(() => {
        opening = null;
      });
    return opening;
  };

  const upload = async <Ask, Answer>(
    method: Method<Ask, Answer>,
    asks: readonly Ask[],
    deadlineMs = DEADLINE_MS,
  ): Promise<Answer> => {
    // The clock is asked once something is lost: its library takes longer to load than most calls.
    let until: number | null = null;
    for (;;) {
      try {
        return await (await connected()).call(method, asks, deadlineMs);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        until ??= performance.now() + INSIST_MS;
        if (performance.now() > until) throw error;
        await pause(AGAIN_MS);
      }
    }
  };

  return {
    call: (method, ask, deadlineMs) => upload(method, [ask], deadlineMs),
    upload,
    async *stream(method, ask) {
      yield* (await connected()).stream(method, ask);
    },
    connect: () => void connected().catch(() => {}),
    async reached() {
      // The old connection may take a moment to be over.
      await pause(AGAIN_MS);
      for (let wait = AWAY_MS; ; wait = Math.min(2 * wait, MOST_AWAY_MS)) {
        try {
          await connected();
          return;
        } catch (error) {
          if (!(error instanceof ClientError) || error.code !== 'unreachable') throw error;
          await pause(wait);
        }
      }
    },
    close: () => channel?.close(),
  };
}

/** A connection to the running daemon, which is started where that is allowed. @throws ClientError */
async function reach(places: Places, starter: Starter): Promise<Socket> {
  const first = await dial(places.socket);
  if (typeof first !== 'string') return first;
  await starter(first);
  const second = await dial(places.socket);
  if (typeof second === 'string') throw notRunning(second, places);
  return second;
}

/** sockaddr_un has room for 107 bytes and the terminating NUL (unix(7)); the daemon keeps a few for itself. */
const LONGEST_SOCKET = 104;

/** The open socket, or why nobody answers there. @throws ClientError where that is no matter of starting a daemon. */
export async function dial(path: string): Promise<Socket | 'absent' | 'refused'> {
  if (Buffer.byteLength(path) >= LONGEST_SOCKET)
    throw new ClientError(
      'unsafe_place',
      `the path of the socket is too long (${Buffer.byteLength(path)} bytes, ${LONGEST_SOCKET - 1} go): ${path}`,
      'set XDG_RUNTIME_DIR or EXPD_HOME to a shorter directory',
    );
  return new Promise((resolve, reject) => {
    const socket = dialSocket(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') resolve('absent');
      else if (error.code === 'ECONNREFUSED') resolve('refused');
      else if (error.code === 'EACCES' || error.code === 'EPERM')
        reject(
          new ClientError(
            'not_allowed',
            `the socket ${path} belongs to another user`,
            'each user has a daemon',
          ),
        );
      else reject(new ClientError('unreachable', `${path}: ${error.message}`, '', { cause: error }));
    });
  });
}

/** Whether a daemon answers, without starting one. */
export async function isRunning({ socket }: Pick<Places, 'socket'>): Promise<boolean> {
  const found = await dial(socket);
  if (typeof found === 'string') return false;
  found.destroy();
  return true;
}

export const notRunning = (why: 'absent' | 'refused', places: Places): ClientError =>
  new ClientError(
    'unreachable',
    `no daemon runs (${why === 'absent' ? 'no socket at' : 'nobody answers at'} ${places.socket})`,
    'expctl daemon start starts it',
  );
