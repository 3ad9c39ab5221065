import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fstatSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

/** Where the daemon's standard error goes, as systemd would connect it, and the other end, which reads nothing. */
async function journal(): Promise<{ stderr: Socket; reader: Socket; stream: string; close(): void }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(join(home.dir, 'journal'));
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const stderr = connect(join(home.dir, 'journal')).on('error', () => {});
  const [reader] = (await accepted) as [Socket];
  const handle: { fd: number } = Reflect.get(stderr, '_handle');
  const { dev, ino } = fstatSync(handle.fd);
  const close = (): void => {
    for (const end of [stderr, reader, server]) 'destroy' in end ? end.destroy() : end.close();
  };
  return { stderr, reader, stream: `${dev}:${ino}`, close };
}

async function started({ stderr, stream }: { stderr: Socket; stream: string }): Promise<void> {
  home.daemon = spawn(home.node, [home.programs.expd], {
    cwd: '/',
    env: { ...home.env, JOURNAL_STREAM: stream },
    stdio: ['ignore', 'pipe', stderr],
    detached: true,
  });
  await once(home.daemon.stdout!, 'data');
}

/** By another process: the descriptor is made blocking for each that gets it, and then it would block us. */
async function fill(socket: Socket): Promise<void> {
  const script =
    'import socket; s = socket.socket(fileno=1); s.setblocking(False)\nwhile True: s.send(bytes(4096))';
  await once(spawn('python3', ['-c', script], { stdio: ['ignore', socket, 'ignore'] }), 'exit');
}

const finished = async (): Promise<void> => {
  const id = await home.submit(['true']);
  expect((await home.expctl(['wait', String(id)])).code).toBe(0);
};

test('a journal that takes nothing holds nothing up', async () => {
  const full = await journal();
  await fill(full.stderr);
  await started(full);
  await finished();
  expect(JSON.parse(await home.ok('daemon', 'status', '--json')).logFile).toBe('journal');
  expect(await home.stop()).toBe(0);
  full.close();
});

test('a journal that goes away takes no daemon with it', async () => {
  const gone = await journal();
  await started(gone);
  gone.close();
  await finished();
  await finished();
  expect(await home.stop()).toBe(0);
});

test('a daemon that ends over a bug says so in its log', async () => {
  const bug = join(home.dir, 'bug.cjs');
  writeFileSync(bug, "process.on('SIGUSR2', () => { throw new Error('planted'); });");
  await home.start([], { NODE_OPTIONS: `--require ${bug}` });
  const daemon = home.daemon!;
  const ended = once(daemon, 'exit');
  daemon.kill('SIGUSR2');
  expect(await ended).toEqual([1, null]);
  const lines = readFileSync(join(home.state, 'log/expd.log'), 'utf8').trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({
    level: 60,
    event: 'crashed',
    err: { message: 'planted', stack: expect.stringContaining('bug.cjs') },
  });
});
