import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect } from 'vitest';
import { skipUnless } from '../../helpers/skip.js';
import { bundle, Store, submissionOf, writerFile } from '../../helpers/store.js';

let dir: string;
let child: ChildProcess | null = null;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-eio-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  child = null;
  rmSync(dir, { recursive: true, force: true });
});

/** What a client was answered before the disk failed in the n-th call of this kind, and the word it ended with. */
async function answeredUnder(fault: string): Promise<{ ids: number[]; end: string }> {
  const inject = ['-f', '-qq', '-e', 'trace=pwrite64,fsync,fdatasync', '-e', `inject=${fault}`];
  const program = bundle('tests/daemon/queue/programs/queue-client.ts');
  const paths = ['expd.db', 'expd.db-wal'].flatMap((name) => ['-P', join(dir, name)]);
  const args = [
    ...inject,
    ...paths,
    '-o',
    '/dev/null',
    process.execPath,
    program,
    dir,
    writerFile(),
    'turns',
    '30',
    '4',
  ];
  const client = spawn('strace', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  child = client;
  const ids: number[] = [];
  let end = '';
  const lines = createInterface({ input: client.stdout });
  const over = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const [word = '', id] = line.split(' ');
      if (word === 'queued') ids.push(Number(id));
      if (word === 'done' || word === 'failed') end = line;
      if (end !== '') resolve();
    });
    lines.once('close', () => resolve());
  });
  await over;
  const gone = once(client, 'exit');
  client.stdin.end('close');
  // A client that failed waits for nothing; its strace ends with it.
  if (end.startsWith('failed')) killTree(client.pid!);
  await gone;
  return { ids, end };
}

function killTree(pid: number): void {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  for (const of of stdout.split('\n').filter((line) => line.trim() !== ''))
    process.kill(Number(of), 'SIGKILL');
}

const traced = skipUnless(spawnSync('which', ['strace']).status === 0, 'strace is not installed');

// A commit writes dozens of pages and syncs once.
for (const [call, moments] of [
  ['pwrite64', [1, 20, 150, 400, 700, 901, 1101]],
  ['fdatasync,fsync', [1, 2, 3, 5, 8, 13, 21]],
] as const)
  traced(
    `EIO in any ${call}: refused, never answered without being durable, and the database is sound`,
    async () => {
      await Store.open({ stateDir: dir }).then((store) => store.stop());
      let refused = 0;
      const all = new Set<number>();
      for (const nth of moments) {
        const { ids, end } = await answeredUnder(`${call}:error=EIO:when=${nth}`);
        if (end.startsWith('failed')) refused++;
        for (const id of ids) all.add(id);
        const store = await Store.open({ stateDir: dir });
        try {
          await store.queue.check();
          for (const id of all)
            expect(store.reader.submission(id)).toEqual({ ok: true, submission: submissionOf() });
        } finally {
          await store.stop();
        }
      }
      expect(refused).toBeGreaterThan(2);
      expect(all.size).toBeGreaterThan(20);
    },
  );
