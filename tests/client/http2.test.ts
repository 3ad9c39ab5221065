import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { connect, createServer as createSocketServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Connection } from '../../src/client/http2/connection.js';
import { encodeFrame, FLAG, FRAME, Pieces, uint32 } from '../../src/client/http2/frames.js';
import { decodeHeaders, encodeHeaders, type Headers } from '../../src/client/http2/hpack.js';
import { huffmanDecode } from '../../src/client/http2/huffman.js';
import { until } from '../helpers/until.js';

interface Got {
  headers: Headers[];
  body: Buffer;
  whole: boolean;
}

const HEADERS = { ':method': 'POST', ':scheme': 'http', ':path': '/x', ':authority': 'localhost' };

/** One request; what is held back is credited only when `credit` says so. */
function ask(connection: Connection, body = Buffer.alloc(0), headers = HEADERS): Promise<Got> {
  return new Promise((resolve) => {
    const got: Got = { headers: [], body: Buffer.alloc(0), whole: false };
    const chunks: Buffer[] = [];
    const stream = connection.request(headers, body, {
      headers: (more) => void got.headers.push(more),
      data(bytes) {
        chunks.push(bytes);
        stream.taken(bytes.length);
      },
      over: (whole) => resolve({ ...got, body: Buffer.concat(chunks), whole }),
    });
  });
}

describe('against node:http2', () => {
  let dir: string;
  let server: Http2Server;
  let answer: (stream: ServerHttp2Stream, body: Buffer) => void;
  const open: Connection[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'expd-http2-'));
    server = createServer();
    server.on('stream', (stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => answer(stream, Buffer.concat(chunks)));
      stream.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.destroy();
    server.close();
    rmSync(dir, { recursive: true });
  });

  const dial = async (): Promise<Connection> => {
    const socket = connect(join(dir, 's'));
    await new Promise((resolve) => socket.once('connect', resolve));
    const connection = new Connection(socket);
    open.push(connection);
    return connection;
  };

  test('headers, body and trailers, both ways', async () => {
    answer = (stream, body) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(body);
    };
    const { headers, body, whole } = await ask(await dial(), Buffer.from('hello'));
    expect(body.toString()).toBe('hello');
    expect(whole).toBe(true);
    expect(headers[0]!.get(':status')).toBe('200');
    expect(headers[0]!.get('content-type')).toBe('application/grpc');
    expect(headers[1]!.get('grpc-status')).toBe('0');
  });

  test('an answer of headers alone', async () => {
    answer = (stream) => stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true });
    const { headers, whole } = await ask(await dial());
    expect(headers[0]!.get('grpc-status')).toBe('5');
    expect(whole).toBe(true);
  });

  test('bodies larger than every window, both ways, several at a time', async () => {
    answer = (stream, body) => {
      stream.respond({ ':status': 200 });
      stream.end(body);
    };
    const connection = await dial();
    const bodies = [20, 1, 7].map((mebibytes, n) => Buffer.alloc(mebibytes << 20, n + 1));
    const got = await Promise.all(bodies.map((body) => ask(connection, body)));
    for (const [n, { body }] of got.entries()) expect(body.equals(bodies[n]!), `${n}`).toBe(true);
  });

  test('a reader that takes nothing holds the sender back, and goes on when it does', async () => {
    const size = 32 << 20;
    let sent = 0;
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      const write = (): void => {
        while (sent < size) {
          sent += 65_536;
          if (!stream.write(Buffer.alloc(65_536))) return void stream.once('drain', write);
        }
        stream.end();
      };
      write();
    };
    const connection = await dial();
    let held = 0;
    let all = 0;
    let taking = false;
    let whole: boolean | null = null;
    const stream = connection.request(HEADERS, Buffer.alloc(0), {
      headers: () => {},
      data(bytes) {
        all += bytes.length;
        held += bytes.length;
        if (taking) take();
      },
      over(ended) {
        whole = ended;
      },
    });
    const take = (): void => {
      stream.taken(held);
      held = 0;
    };
    await until('the window is full', () => all === 4 << 20);
    expect(sent).toBeLessThan(16 << 20);
    taking = true;
    take();
    await until('all of it', () => whole === true);
    expect(all).toBe(size);
  });

  test('any header value comes through: Huffman codes, long ones over several frames', async () => {
    const printable = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join('');
    const values = [
      printable.trim(),
      '0'.repeat(200),
      'é\u00ff\u0080'.repeat(20),
      'x~|{}<>`^'.repeat(40),
      '',
    ];
    answer = (stream) =>
      stream.respond(
        {
          ':status': 200,
          ...Object.fromEntries(values.map((value, n) => [`v${n}`, value])),
          long: 'lorem '.repeat(8_000).trim(),
        },
        { endStream: true },
      );
    const { headers } = await ask(await dial());
    for (const [n, value] of values.entries()) expect(headers[0]!.get(`v${n}`)).toBe(value);
    expect(headers[0]!.get('long')).toHaveLength(47_999);
  });

  test('a stream that is reset is not whole; one that is cancelled is over for the server', async () => {
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      stream.destroy(new Error('reset'));
    };
    const connection = await dial();
    expect((await ask(connection)).whole).toBe(false);

    let closed = false;
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      stream.on('close', () => {
        closed = true;
      });
      stream.write('x');
    };
    const stream = connection.request(HEADERS, Buffer.alloc(0), {
      headers: () => {},
      data: () => stream.cancel(),
      over: () => {},
    });
    await until('the server sees it', () => closed);
    // And the connection is as good as before.
    answer = (again) => again.respond({ ':status': 204 }, { endStream: true });
    expect((await ask(connection)).headers[0]!.get(':status')).toBe('204');
  });

  test('a connection that breaks ends every stream', async () => {
    answer = (stream) => stream.session!.destroy();
    const connection = await dial();
    expect((await ask(connection)).whole).toBe(false);
    expect(connection.over).toBe(true);
  });
});

describe('against a peer that sends what it likes', () => {
  let dir: string;
  let server: Server;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'expd-http2-'));
  });
  afterEach(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });

  /** Sends these bytes after the client's first ones; gathers all that the client sends. */
  const peer = async (bytes: Buffer): Promise<{ connection: Connection; heard: () => Buffer }> => {
    const heard: Buffer[] = [];
    server = createSocketServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(bytes));
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
    });
    await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
    const socket = connect(join(dir, 's'));
    await new Promise((resolve) => socket.once('connect', resolve));
    return { connection: new Connection(socket), heard: () => Buffer.concat(heard) };
  };
  const answerHeaders = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, encodeHeaders({ ':status': '200' }));

  test('padding, priority, unknown frames and continuations are read past', async () => {
    const block = encodeHeaders({ ':status': '200', 'grpc-status': '0' });
    const padded = Buffer.concat([Buffer.of(3, 0, 0, 0, 0, 9), block.subarray(0, 4), Buffer.alloc(3)]);
    const { connection } = await peer(
      Buffer.concat([
        encodeFrame(FRAME.settings, 0, 0, Buffer.alloc(0)),
        encodeFrame(0xbe, 0xff, 0, Buffer.from('what is this')),
        encodeFrame(FRAME.headers, FLAG.padded | FLAG.priority, 1, padded),
        encodeFrame(FRAME.continuation, FLAG.endHeaders, 1, block.subarray(4)),
        encodeFrame(FRAME.data, FLAG.padded, 1, Buffer.from('\x02ab\0\0')),
        encodeFrame(FRAME.data, FLAG.endStream, 1, Buffer.from('c')),
      ]),
    );
    const got = await ask(connection);
    expect(got.headers[0]!.get('grpc-status')).toBe('0');
    expect(got.body.toString()).toBe('abc');
    connection.destroy();
  });

  test('pings are answered, settings acknowledged', async () => {
    const ping = Buffer.from('8 bytes!');
    const { connection, heard } = await peer(
      Buffer.concat([
        encodeFrame(FRAME.settings, 0, 0, Buffer.alloc(0)),
        encodeFrame(FRAME.ping, 0, 0, ping),
      ]),
    );
    void ask(connection);
    await until('the answers', () => heard().includes(encodeFrame(FRAME.ping, FLAG.ack, 0, ping)));
    expect(heard().includes(encodeFrame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)))).toBe(true);
    connection.destroy();
  });

  test('after GOAWAY the streams that it has seen end well, others are over, new ones are not begun', async () => {
    const { connection } = await peer(
      Buffer.concat([
        encodeFrame(FRAME.goaway, 0, 0, Buffer.concat([uint32(1), uint32(0)])),
        answerHeaders,
        encodeFrame(FRAME.data, FLAG.endStream, 1, Buffer.from('seen')),
      ]),
    );
    const [first, second] = await Promise.all([ask(connection), ask(connection)]);
    expect([first.body.toString(), first.whole, second.whole]).toEqual(['seen', true, false]);
    expect(connection.over).toBe(true);
    connection.destroy();
  });

  test.each([
    ['a torn header block', encodeFrame(FRAME.headers, FLAG.endHeaders, 1, Buffer.of(0, 10, 1))],
    ['an index that there is not', encodeFrame(FRAME.headers, FLAG.endHeaders, 1, Buffer.of(0x80 | 100))],
    ['more padding than frame', encodeFrame(FRAME.data, FLAG.padded, 1, Buffer.of(200, 1))],
    ['no HTTP at all', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s ends the connection, not the process', async (_, bytes) => {
    const { connection } = await peer(bytes);
    const pending = ask(connection);
    expect((await pending).whole).toBe(false);
  });
});

describe('HPACK', () => {
  test('what is encoded is decoded, whatever its length', () => {
    for (const length of [0, 1, 126, 127, 128, 254, 255, 256, 16_384, 100_000]) {
      const value = 'v'.repeat(length);
      expect(decodeHeaders(encodeHeaders({ n: value })).get('n')).toBe(value);
    }
  });

  test('the examples of RFC 7541, appendix C.6.1, but for the dynamic table', () => {
    const block = Buffer.from(
      '4882640258 85aec3771a4b 6196d07abe941054d444a8200595040b8166e082a62d1bff 6e919d29ad171863c78f0b97c8e9ae82ae43d3'.replaceAll(
        ' ',
        '',
      ),
      'hex',
    );
    expect(Object.fromEntries(decodeHeaders(block))).toEqual({
      ':status': '302',
      'cache-control': 'private',
      date: 'Mon, 21 Oct 2013 20:13:21 GMT',
      location: 'https://www.example.com',
    });
  });

  test('bad codes are refused', () => {
    expect(() => huffmanDecode(Buffer.of(0xff, 0xff, 0xff, 0xff))).toThrow('EOS');
    expect(() => huffmanDecode(Buffer.of(0x07, 0x00))).toThrow('padding');
    expect(() => huffmanDecode(Buffer.of(0xff))).toThrow('padding');
  });
});

test('pieces are cut from chunks of any size', () => {
  const source = Buffer.concat(
    ['', 'a', 'bc', 'x'.repeat(300)].map((text) => Buffer.concat([uint32(text.length), Buffer.from(text)])),
  );
  for (const size of [1, 3, 4, 7, 1000]) {
    const pieces = new Pieces(4, (bytes) => 4 + bytes.readUInt32BE(0));
    const cut: string[] = [];
    for (let at = 0; at < source.length; at += size) {
      pieces.push(source.subarray(at, at + size));
      for (let piece = pieces.next(); piece !== null; piece = pieces.next())
        cut.push(piece.subarray(4).toString());
    }
    expect(cut).toEqual(['', 'a', 'bc', 'x'.repeat(300)]);
  }
});
