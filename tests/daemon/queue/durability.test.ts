import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { randomlyAsync } from '../../helpers/random.js';
import { skipUnless } from '../../helpers/skip.js';
import { bundle, Store, submissionOf, writerFile } from '../../helpers/store.js';

const ORDER = ['queued', 'starting', 'running', 'succeeded'];

let dir: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-durable-'));
});
afterEach(async () => {
  for (const child of children) await killed(child);
  rmSync(dir, { recursive: true, force: true });
});

/** A client process, what it has been answered, and when it has said a line. */
function client(state: string, mode: string[], wrapper: string[] = []) {
  const [command = '', ...args] = [
    ...wrapper,
    process.execPath,
    bundle('tests/daemon/queue/programs/queue-client.ts'),
    state,
    writerFile(),
    ...mode,
  ];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  const answered = new Map<number, { state: string; name: string }>();
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    const [word = '', id = '', name = ''] = line.split(' ');
    if (word === 'queued') answered.set(Number(id), { state: word, name });
    const known = answered.get(Number(id));
    if (known !== undefined) known.state = word;
  });
  const said = (word: string): Promise<void> =>
    new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        if (line.startsWith(word)) resolve();
      });
      lines.once('close', () => reject(new Error(`the client ended before it said ${word}`)));
    });
  return { child, answered, said, read: once(lines, 'close') };
}

async function killed(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
}

/** Every answered submission and step is there, and the database is sound. */
async function holds(state: string, answered: Map<number, { state: string; name: string }>): Promise<void> {
  const store = await Store.open({ stateDir: state });
  try {
    expect(answered.size).toBeGreaterThan(0);
    for (const [id, last] of answered) {
      const run = store.reader.run(id);
      expect(run?.name).toBe(last.name);
      expect(ORDER.indexOf(run!.state)).toBeGreaterThanOrEqual(ORDER.indexOf(last.state));
      expect(store.reader.submission(id)).toEqual({ ok: true, submission: submissionOf() });
    }
    await store.queue.check();
  } finally {
    await store.stop();
  }
}

test('what was answered is there after kill -9 at any moment', async () => {
  const all = new Map<number, { state: string; name: string }>();
  await randomlyAsync(12, async (random) => {
    const { child, answered, said, read } = client(dir, ['storm']);
    await said('queued');
    await pause(random.upTo(120));
    await killed(child);
    await read;
    for (const [id, last] of answered) all.set(id, last);
    await holds(dir, all);
  });
});

test('a killed writer leaves an unclean database, a closed one does not', async () => {
  const { child, said } = client(dir, ['storm']);
  await said('queued');
  await killed(child);
  const store = await Store.open({ stateDir: dir });
  expect(store.queue.unclean).toBe(true);
  await store.stop();
  await store.start();
  expect(store.queue.unclean).toBe(false);
  await store.stop();
});

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

skipUnless(has('strace'), 'strace is not installed')('a turn of 64 submissions is one fsync', async () => {
  const log = join(dir, 'strace');
  const wrapper = ['strace', '-f', '-y', '-qq', '-e', 'trace=fsync,fdatasync', '-o', log];
  const { child, answered, said, read } = client(dir, ['turns', '20', '64'], wrapper);
  await said('done');
  child.stdin!.end('close');
  await read;
  expect(answered.size).toBe(1280);
  const syncs = readFileSync(log, 'utf8').match(/^.*(fsync|fdatasync)\(.*expd\.db-wal.*$/gm) ?? [];
  // The rest are checkpoints.
  expect(syncs.length).toBeGreaterThanOrEqual(20);
  expect(syncs.length).toBeLessThan(40);
});

/** A file system whose power can be cut: ext4 on a loop device. */
function mountLoop(at: string): void {
  const image = `${at}.img`;
  execFileSync('truncate', ['-s', '64M', image]);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  mkdirSync(at);
  execFileSync('mount', ['-o', 'loop', image, at]);
}
const unmount = (at: string): void => void spawnSync('umount', ['-l', at]);

/** EXT4_IOC_SHUTDOWN without flushing its journal: nothing that was not synced survives. */
const cutPower = (at: string): Promise<unknown> =>
  promisify(execFile)('python3', [
    '-c',
    `import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY), 0x8004587d, struct.pack('I',2))`,
    at,
  ]);

const root = process.getuid?.() === 0 && has('mkfs.ext4') && has('python3');

skipUnless(root, 'needs root, mkfs.ext4 and python3')(
  'what was answered is there after a power cut',
  async () => {
    const disk = join(dir, 'disk');
    mountLoop(disk);
    try {
      const state = join(disk, 'state');
      mkdirSync(state);
      execFileSync('sync', ['-f', disk]);
      const { child, answered, said, read } = client(state, ['storm']);
      await said('succeeded');
      await pause(100);
      // A cut leaves nobody to be told. This one does, and an fsync that finds the journal aborted by it and its
      // commit over returns 0 (jbd2_complete_transaction), so what counts is what was answered before.
      const before = new Map([...answered].map(([id, last]) => [id, { ...last }]));
      await cutPower(disk);
      await killed(child);
      await read;
      unmount(disk);
      execFileSync('mount', ['-o', 'loop', `${disk}.img`, disk]);
      await holds(state, before);
    } finally {
      unmount(disk);
    }
  },
);
