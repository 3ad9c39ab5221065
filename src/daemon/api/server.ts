import { once } from 'node:events';
import { createServer } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Log } from '../log.js';
import { CallEnded } from './errors.js';
import { peerCheck } from './peer.js';
import { clearSocket, closeSocketToOthers } from './place.js';

/** A service of the contract and what implements it. */
export type Served = readonly [ServiceDefinition, UntypedServiceImplementation];

export interface ListenOptions {
  /** Absolute path, in a directory that is ours alone. */
  socket: string;
  services: readonly Served[];
  log: Log;
  /** Aborted by `close`, first of all: streams of the services end by it. */
  closing: AbortController;
  idleMs?: number;
}

export interface Listening {
  /** Takes no more connections, ends streams, lets calls under way finish for a moment, removes the socket. */
  close(): Promise<void>;
}

/** A submission's arguments may take 1 MiB, the diff of its code 3 MiB. */
const LARGEST_REQUEST = 8 * 1024 * 1024;
/** Of all clients together; each expctl has one, a hundred followers are common in a sweep. */
const MOST_CONNECTIONS = 512;
const STREAMS_PER_CONNECTION = 256;
/**
 * Connections without a call are ended, which clients do not notice. It also ends those that Node keeps
 * open after a broken frame (seen: an oversized one, then the end), long after the peer is gone.
 */
const IDLE_MS = 60_000;
const FINISH_MS = 2000;

/** Serves gRPC on a unix socket of our own, so that each connection's user is known before a byte is read. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { socket: path, services, log, closing, idleMs = IDLE_MS } = options;
  await clearSocket(path);
  const grpc = new Server({
    'grpc.max_receive_message_length': LARGEST_REQUEST,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION,
    'grpc.max_connection_idle_ms': idleMs,
    'grpc.enable_channelz': 0,
  });
  for (const [definition, implementation] of services) grpc.addService(definition, implementation);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const isOurs = peerCheck(log);
  const sockets = createServer((connection) => {
    // A reset connection is the caller's end, which its calls learn of.
    connection.on('error', () => connection.destroy());
    if (isOurs(connection)) injector.injectConnection(connection);
    else connection.destroy();
  });
  sockets.maxConnections = MOST_CONNECTIONS;
  sockets.on('drop', () => log.warn({ event: 'too_many_connections', limit: MOST_CONNECTIONS }));
  await bind(sockets, path);
  return { close: () => shutDown(sockets, grpc, closing) };
}

async function bind(sockets: ReturnType<typeof createServer>, path: string): Promise<void> {
  // Others cannot reach it even before its mode is set: the directory is closed to them.
  sockets.listen({ path });
  await once(sockets, 'listening');
  closeSocketToOthers(path);
}

async function shutDown(
  sockets: ReturnType<typeof createServer>,
  grpc: Server,
  closing: AbortController,
): Promise<void> {
  sockets.close();
  closing.abort(new CallEnded(status.UNAVAILABLE, 'the daemon is stopping'));
  const finished = new Promise<void>((resolve) => grpc.tryShutdown(() => resolve()));
  const timer = setTimeout(() => grpc.forceShutdown(), FINISH_MS);
  await finished;
  clearTimeout(timer);
}
