import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Daemon, openDaemon } from '../../src/client/connect.js';
import { ClientError, failureOf } from '../../src/client/errors.js';
import { Channel, ConnectionLost } from '../../src/client/transport.js';
import { ErrorDetail } from '../../src/gen/expd/v1/errors.js';
import { ActRequest, ActResponse, RunsService, WaitResponse } from '../../src/gen/expd/v1/runs.js';
import { places } from '../../src/places.js';

let dir: string;
let server: Http2Server;
let daemon: Daemon;
/** What the daemon of the test does with the n-th request, from 1. */
let answer: (stream: ServerHttp2Stream, request: Buffer, n: number) => void;

async function listen(): Promise<void> {
  let n = 0;
  server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.once('data', (request: Buffer) => answer(stream, request.subarray(5), ++n));
  });
  server.on('sessionError', () => {});
  await new Promise<void>((resolve) => server.listen(join(dir, 'run/expd.sock'), resolve));
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'expd-connect-'));
  mkdirSync(join(dir, 'run'));
  daemon = openDaemon(places({ EXPD_HOME: dir }), () => {
    throw new ClientError('unreachable', 'no daemon runs');
  });
  await listen();
});
afterEach(() => {
  daemon.close();
  server.close();
  rmSync(dir, { recursive: true });
});

function respond(stream: ServerHttp2Stream, messages: Uint8Array[], trailers: Record<string, string>): void {
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  for (const message of messages) {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.write(head);
    stream.write(message);
  }
  stream.end();
}

const done = ActResponse.encode({
  results: [{ runId: 7, run: undefined, error: undefined }],
  sweeps: [],
}).finish();
const cancel: ActRequest = { requestId: 'unique', runs: ['7'] };

test('a connection that breaks in the middle of a call: the same request again, with its id', async () => {
  const heard: ActRequest[] = [];
  answer = (stream, request, n) => {
    heard.push(ActRequest.decode(request));
    if (n < 3) stream.session!.destroy();
    else respond(stream, [done], { 'grpc-status': '0' });
  };
  expect((await daemon.call(RunsService.cancel, cancel)).results[0]!.runId).toBe(7);
  expect(heard).toEqual([cancel, cancel, cancel]);
});

test('answers of many calls, together larger than the window', async () => {
  const error = { code: 'x', message: 'm'.repeat(30_000), hint: '' };
  const large = ActResponse.encode({ results: [{ runId: 7, run: undefined, error }], sweeps: [] }).finish();
  answer = (stream) => respond(stream, [large], { 'grpc-status': '0' });
  for (let n = 0; n < 300; n++)
    expect((await daemon.call(RunsService.cancel, cancel)).results).toHaveLength(1);
});

test('"the daemon is stopping" is a broken connection, too', async () => {
  answer = (stream, _, n) =>
    respond(
      stream,
      n === 1 ? [] : [done],
      n === 1 ? { 'grpc-status': '14', 'grpc-message': 'stopping' } : { 'grpc-status': '0' },
    );
  expect((await daemon.call(RunsService.cancel, cancel)).results).toHaveLength(1);
});

test('what was refused is not tried again, and said as the daemon said it', async () => {
  let asked = 0;
  const detail = { code: 'wrong_state', message: 'run 7 has ended – “schon”', hint: 'expctl rerun 7' };
  answer = (stream) => {
    asked++;
    respond(stream, [], {
      'grpc-status': '9',
      'grpc-message': encodeURIComponent(detail.message),
      'expd-error-bin': Buffer.from(ErrorDetail.encode(detail).finish()).toString('base64'),
    });
  };
  const failure = failureOf(await daemon.call(RunsService.cancel, cancel).catch((error: unknown) => error));
  expect(failure).toEqual({ ...detail, exit: 1 });
  expect(asked).toBe(1);
});

test('a call that the daemon does not know: it is older', async () => {
  answer = (stream) => respond(stream, [], { 'grpc-status': '12', 'grpc-message': 'no such method' });
  const failure = failureOf(await daemon.call(RunsService.cancel, cancel).catch((error: unknown) => error));
  expect(failure).toMatchObject({ code: 'protocol_mismatch', exit: 4 });
  expect(failure.hint).toContain('expctl daemon stop');
});

test('a daemon that does not answer has a deadline', async () => {
  answer = () => {};
  const socket = connect(join(dir, 'run/expd.sock'));
  const channel = new Channel(socket);
  const failed = await channel.call(RunsService.cancel, [cancel], 100).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ConnectionLost);
  expect(failureOf(failed)).toMatchObject({ message: 'the daemon does not answer', exit: 4 });
  channel.close();
});

test.each([['rm', '--older-than', '30d'], ['doctor'], ['daemon', 'backup', 'copy.db']])(
  'a whole history may take its time: %s',
  async (...words) => {
    const timeouts: unknown[] = [];
    server.on('stream', (_, headers) => timeouts.push(headers['grpc-timeout']));
    answer = (stream) => respond(stream, [Buffer.of()], { 'grpc-status': '0' });
    const expctl = spawn(process.execPath, ['dist/bin/expctl.cjs', ...words], {
      env: { ...process.env, EXPD_HOME: dir },
      stdio: 'ignore',
    });
    expect(await once(expctl, 'exit')).toEqual([0, null]);
    expect(timeouts).toEqual(['3600000m']);
  },
);

test('a stream ends with the daemon; it is reached again when the next one listens', async () => {
  const some = WaitResponse.encode({ run: undefined }).finish();
  answer = (stream) => {
    stream.respond({ ':status': 200 });
    stream.write(Buffer.concat([Buffer.of(0, 0, 0, 0, some.length), some]), () => stream.session!.destroy());
  };
  let got = 0;
  const follow = async (): Promise<void> => {
    for await (const _ of daemon.stream(RunsService.wait, { runs: ['7'] })) got++;
  };
  await expect(follow()).rejects.toBeInstanceOf(ConnectionLost);
  expect(got).toBe(1);
  await new Promise((resolve) => server.close(resolve));
  const reached = daemon.reached();
  answer = (stream) => respond(stream, [some, some], { 'grpc-status': '0' });
  await listen();
  await reached;
  await follow();
  expect(got).toBe(3);
});
