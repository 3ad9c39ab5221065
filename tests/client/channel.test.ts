import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Channel } from '../../src/client/transport.js';

const ANSWER = Buffer.alloc(8 << 10, 'a');
const method = {
  path: '/x',
  requestSerialize: (ask: Buffer) => ask,
  responseDeserialize: (bytes: Buffer) => bytes,
};

let dir: string;
let server: Http2Server;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'expd-channel-'));
  server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume().on('end', () => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(ANSWER.length, 1);
      stream.end(Buffer.concat([head, ANSWER]));
    });
  });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
});
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

// More answers than the connection's window has room for, and more calls than a server lets a client reset.
test('one connection serves any number of calls', async () => {
  const socket = connect(join(dir, 's'));
  await new Promise((resolve) => socket.once('connect', resolve));
  const channel = new Channel(socket);
  for (let n = 0; n < 1500; n++) {
    const answer = await channel.call(method, [Buffer.from('ask')], 5000);
    if (answer.length !== ANSWER.length) throw new Error(`call ${n}: ${answer.length} bytes`);
  }
  expect(channel.over).toBe(false);
  channel.close();
});
