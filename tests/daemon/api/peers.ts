import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { peerCheck } from '../../../src/daemon/api/peer.js';

/** Two connections to itself; prints whether the check accepted them and what it logged. */
const logged: unknown[] = [];
const warn = ({ event }: { event: string }): void => void logged.push(event);
const isOurs = peerCheck({ warn } as unknown as Parameters<typeof peerCheck>[0]);
const accepted: boolean[] = [];
const path = join(__dirname, 'socket');
const server = createServer((socket) => {
  accepted.push(isOurs(socket));
  socket.destroy();
}).listen(path);

async function main(): Promise<void> {
  await once(server, 'listening');
  for (let n = 0; n < 2; n++) {
    const socket = connect(path);
    socket.resume();
    await once(socket, 'close');
  }
  server.close();
  process.stdout.write(JSON.stringify({ accepted, logged }));
}
void main();
