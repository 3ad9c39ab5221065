import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Calls } from '../../../src/daemon/api/call.js';
import { clearSocket } from '../../../src/daemon/api/place.js';
import { InfoRequest, type InfoResponse } from '../../../src/gen/expd/v1/daemon.js';
import { FollowRequest } from '../../../src/gen/expd/v1/logs.js';
import { GetRequest, RunsClient } from '../../../src/gen/expd/v1/runs.js';
import { PROTOCOL, PROTOCOL_KEY, VERSION_KEY } from '../../../src/protocol.js';
import { skipUnless } from '../../helpers/skip.js';
import { bundle } from '../../helpers/store.js';
import { until } from '../../helpers/until.js';
import { answer, collected, Failed, of, Served } from './served.js';

let served: Served;
const temporary: string[] = [];
beforeAll(async () => {
  served = await Served.open();
});
afterAll(() => served.close());
afterEach(() => {
  for (const dir of temporary.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const info = (from: Served = served): Promise<InfoResponse> => answer((done) => from.daemon.info({}, done));
const temp = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'expd-socket-'));
  temporary.push(dir);
  return dir;
};

test('the socket is 0600, whatever the umask', async () => {
  const before = process.umask(0);
  const other = await Served.open();
  process.umask(before);
  expect((statSync(other.socket).mode & 0o777).toString(8)).toBe('600');
  await other.close();
  expect(statSync(other.socket, { throwIfNoEntry: false })).toBeUndefined();
});

test('a socket that a dead daemon left is taken over; what answers or is no socket is not', async () => {
  const dead = join(temp(), 's');
  const child = spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  expect(child.signal).toBe('SIGKILL');
  expect(statSync(dead).isSocket()).toBe(true);
  await clearSocket(dead);
  expect(statSync(dead, { throwIfNoEntry: false })).toBeUndefined();

  const alive = join(temp(), 's');
  const server = createServer().listen(alive);
  await once(server, 'listening');
  await expect(clearSocket(alive)).rejects.toMatchObject({ code: 'another_daemon' });
  expect(statSync(alive).isSocket()).toBe(true);
  server.close();

  const file = join(temp(), 's');
  writeFileSync(file, 'precious');
  await expect(clearSocket(file)).rejects.toMatchObject({ code: 'unsafe_place' });
  expect(statSync(file).size).toBe(8);
});

const root = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
skipUnless(root, 'needs root and setpriv')(
  'another user is refused, also where the rights would let it in',
  async () => {
    const other = await Served.open();
    try {
      const script = `
      const socket = require('net').connect(process.argv[1]);
      socket.on('error', (err) => { console.log(err.code); process.exit(); });
      socket.on('close', () => { console.log('closed'); process.exit(); });
      socket.on('data', () => { console.log('answered'); process.exit(); });
      socket.write('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\0\\0\\0\\x04\\0\\0\\0\\0\\0');`;
      const as = (uid: number): Promise<string> =>
        output('setpriv', [`--reuid=${uid}`, '--clear-groups', process.execPath, '-e', script, other.socket]);
      expect(await as(65534)).toBe('EACCES');
      chmodSync(other.dir, 0o755);
      chmodSync(join(other.dir, 'run'), 0o755);
      chmodSync(other.socket, 0o666);
      expect(await as(65534)).toMatch(/^(closed|ECONNRESET|EPIPE)$/);
      expect(await as(0)).toBe('answered');
      expect(other.logged).toContainEqual({ event: 'foreign_user_refused', uid: 65534 });
    } finally {
      await other.close();
    }
  },
);

test('without the native module the rights of the directory are the barrier, and the log says so once', async () => {
  // Away from node_modules it is not found.
  const script = join(temp(), 'peers.cjs');
  copyFileSync(bundle('tests/daemon/api/peers.ts'), script);
  expect(JSON.parse(await output(process.execPath, [script]))).toEqual({
    accepted: [true, true],
    logged: ['peer_check_missing'],
  });
});

async function output(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return text.trim();
}

test('clients of another protocol are told in one line; Info and Shutdown answer them all', async () => {
  const metadata = new Metadata();
  const get = (protocol: string) => {
    metadata.set(PROTOCOL_KEY, protocol);
    metadata.set(VERSION_KEY, '9.9.9');
    return answer((done) => served.runs.get(of(GetRequest, { run: '1' }), metadata, done));
  };
  const newer = await get(String(PROTOCOL + 1)).catch((err: Failed) => err);
  expect(newer).toMatchObject({
    detail: {
      code: 'protocol_mismatch',
      message: `expctl 9.9.9 speaks protocol ${PROTOCOL + 1}, the daemon dev protocol ${PROTOCOL}`,
      hint: expect.stringContaining('expctl daemon stop'),
    },
  });
  await expect(get('0')).rejects.toMatchObject({
    detail: { hint: expect.stringContaining('update expctl') },
  });
  await expect(get('x')).rejects.toMatchObject({ detail: { code: 'protocol_mismatch' } });
  await expect(get(String(PROTOCOL))).rejects.toMatchObject({ detail: { code: 'not_found' } });
  metadata.set(PROTOCOL_KEY, '77');
  const answered = await answer<InfoResponse>((done) => served.daemon.info({}, metadata, done));
  expect(answered).toMatchObject({ protocol: PROTOCOL, pid: process.pid });
  await answer((done) => served.daemon.shutdown({ requestId: '' }, metadata, done));
  await until('the daemon was asked to end', () => served.asked === 1);
  const stream = served.logs.follow(of(FollowRequest, { run: '1' }), metadata);
  await expect(collected(stream)).rejects.toMatchObject({ detail: { code: 'protocol_mismatch' } });
});

test('every answer says who gave it', async () => {
  const call = served.daemon.info(of(InfoRequest), () => {});
  const [metadata]: Metadata[] = await once(call, 'metadata');
  expect([metadata!.get(PROTOCOL_KEY), metadata!.get(VERSION_KEY)]).toEqual([[String(PROTOCOL)], ['dev']]);
});

test('a bug is answered without its content, and logged with it', async () => {
  const logged: unknown[] = [];
  const calls = new Calls(
    { error: (fields: unknown) => void logged.push(fields), warn: () => {} },
    new AbortController().signal,
  );
  const bug = new Error('secret detail');
  const method = calls.unary('Test', () => {
    throw bug;
  });
  const call = { metadata: new Metadata(), request: {}, sendMetadata: () => {} };
  const err = await new Promise<Partial<ServiceError> | null>((resolve) =>
    method(call as unknown as Parameters<typeof method>[0], (failed) => resolve(failed)),
  );
  expect(JSON.stringify(err)).not.toContain('secret');
  expect(err).toMatchObject({ code: 13, details: 'expd failed inside' });
  expect(logged).toEqual([{ event: 'call_failed', method: 'Test', err: bug }]);
});

test('the daemon service', async () => {
  expect(await answer((done) => served.daemon.doctor({}, done))).toEqual({
    checks: [{ id: 'disk', level: 2, message: 'low', hint: 'free some' }],
  });
  expect(await answer((done) => served.daemon.showConfig({}, done))).toMatchObject({
    settings: [{ key: 'slots' }],
  });
  const drain = (on: boolean, requeue: boolean) =>
    answer((done) => served.daemon.drain({ requestId: '', on, requeue }, done));
  await drain(true, false);
  expect([(await info()).draining, served.stops]).toEqual([true, 0]);
  await drain(true, true);
  expect(served.stops).toBe(1);
  await drain(false, false);
  expect((await info()).draining).toBe(false);
  const path = join(temp(), 'copy.db');
  await answer((done) => served.daemon.backup({ path }, done));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(answer((done) => served.daemon.backup({ path: 'x' }, done))).rejects.toMatchObject({
    status: 3,
  });
  await expect(
    answer((done) => served.daemon.backup({ path: '/no/such/dir/x' }, done)),
  ).rejects.toBeInstanceOf(Failed);
});

test('health: known services serve, unknown ones are named so', async () => {
  const check = (service: string) => answer((done) => served.health.check({ service }, done));
  expect(await check('')).toEqual({ status: 1 });
  expect(await check('expd.v1.Runs')).toEqual({ status: 1 });
  await expect(check('nobody')).rejects.toMatchObject({ status: 5 });
  const watch = served.health.watch({ service: 'nobody' });
  expect(await once(watch, 'data')).toEqual([{ status: 3 }]);
  watch.on('error', () => {});
  watch.cancel();
});

test('close lets a call under way finish, ends streams, and frees the socket', async () => {
  const other = await Served.open();
  const follow = collected(other.logs.follow(of(FollowRequest, { run: String(await other.submitted()) })));
  const submitting = other.submit(Array.from({ length: 300 }, () => ({})));
  await until('the batch is on its way', () => other.batches.length > 1);
  const closed = other.stopListening();
  await expect(follow).rejects.toMatchObject({ status: 14 });
  expect((await submitting).results).toHaveLength(300);
  await closed;
  await expect(info(other)).rejects.toMatchObject({ status: 14 });
  await other.listen();
  await other.close();
});

test('a client that is killed in the middle of a stream frees it, and its file', async () => {
  const id = await served.submitted();
  const log = await served.start(id);
  writeFileSync(log, 'x'.repeat(5_000_000));
  const before = descriptors(log);
  const follower = bundle('tests/daemon/api/follower.ts');
  const children = Array.from({ length: 5 }, () =>
    spawn(process.execPath, [follower, served.socket, String(id)], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  await until('all are followed', () => descriptors(log) === before + 5);
  for (const child of children) child.kill('SIGKILL');
  await until('all are freed', () => descriptors(log) === before, 5000);
  await served.end(id);
});

const descriptors = (path: string): number =>
  Number(spawnSync('sh', ['-c', `ls -l /proc/${process.pid}/fd | grep -cF -- "$0"`, path]).stdout);

test('connections beyond the cap are dropped, the others served', async () => {
  const other = await Served.open();
  const idle: Socket[] = [];
  try {
    await info(other);
    for (let n = 0; n < 600; n++) idle.push(connect(other.socket).on('error', () => {}));
    await until('some were dropped', () =>
      other.logged.some(({ event }) => event === 'too_many_connections'),
    );
    await info(other);
  } finally {
    for (const socket of idle) socket.destroy();
    await other.close();
  }
});

/** Deterministic bytes: xorshift32. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

test.each([1, 2, 3, 4, 5, 6])(
  'bytes that are no HTTP/2 harm nobody, and leave nothing (seed %i)',
  async (seed) => {
    const next = noise(seed * 7919);
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const broken = Buffer.concat([preface, Buffer.from('3503e204', 'hex'), Buffer.alloc(3000)]);
    await served.stopListening();
    await served.listen(200);
    const before = openSockets();
    await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const junk = Buffer.from(Array.from({ length: next() % 3000 }, () => next() & 255));
        const bytes = [broken, junk, Buffer.concat([preface, junk]), preface.subarray(0, next() % 24)];
        const socket = connect(served.socket).on('error', () => {});
        socket.end(bytes[n % 4]!, () => socket.destroy());
        await new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    await until('all connections are freed', () => openSockets() <= before);
    expect((await info()).pid).toBe(process.pid);
  },
);

const openSockets = (): number =>
  Number(spawnSync('sh', ['-c', `ls -l /proc/${process.pid}/fd | grep -c socket`]).stdout);

test.each([1, 2, 3])(
  'messages that are no protobuf, cut frames, unknown methods, resets (seed %i)',
  async (seed) => {
    const next = noise(seed * 104_729);
    const session = connectHttp2('http://localhost', { createConnection: () => connect(served.socket) });
    session.on('error', () => {});
    const paths = [
      '/expd.v1.Runs/Get',
      '/expd.v1.Runs/Submit',
      '/expd.v1.Logs/Follow',
      '/expd.v1.Runs/Nothing',
      '/',
      '/x/y/z',
    ];
    await Promise.all(
      Array.from({ length: 150 }, async () => {
        const stream = session.request({
          ':method': 'POST',
          ':path': paths[next() % paths.length]!,
          'content-type': next() % 10 === 0 ? 'text/plain' : 'application/grpc',
          te: 'trailers',
          'grpc-timeout': ['1S', '0m', 'x', '99999999H'][next() % 4]!,
        });
        stream.on('error', () => {});
        stream.resume();
        const body = Buffer.from(Array.from({ length: next() % 200 }, () => next() & 255));
        const head = Buffer.from([next() % 3, 0, 0, 0, 0]);
        // The length is right, too long, or enormous.
        head.writeUInt32BE([body.length, body.length + 9, 0xffffffff][next() % 3]!, 1);
        if (next() % 4 === 0) stream.close(constants.NGHTTP2_CANCEL);
        else stream.end(Buffer.concat([head, body]));
        await once(stream, 'close').catch(() => {});
      }),
    );
    session.destroy();
    expect((await info()).pid).toBe(process.pid);
    expect(served.logged.filter(({ event }) => event === 'call_failed')).toEqual([]);
  },
);

test('ten thousand resets', async () => {
  const before = (await info()).rssBytes;
  for (let round = 0; round < 10; round++) {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(served.socket) });
    session.on('error', () => {});
    await once(session, 'connect');
    for (let n = 0; n < 1000; n++) {
      if (session.destroyed) break;
      const stream = session.request({
        ':method': 'POST',
        ':path': '/expd.v1.Runs/Get',
        'content-type': 'application/grpc',
      });
      stream.on('error', () => {});
      stream.close(constants.NGHTTP2_CANCEL);
    }
    session.destroy();
  }
  const after = (await info()).rssBytes;
  expect(after - before).toBeLessThan(300e6);
});

test('a client without any of our code', async () => {
  mkdirSync(join(served.dir, 'x'));
  const client = new RunsClient(`unix:${served.socket}`, credentials.createInsecure());
  await expect(answer((done) => client.get({ run: '1', logLines: 0 }, done))).resolves.toMatchObject({
    run: { id: 1 },
  });
  client.close();
});
