import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// Logs as a user meets them over a whole evening: daemons that come and go, attempts, slow readers.

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

/** Follows in the background; what it has shown and said so far. */
function following(args: string[], env: Record<string, string> = {}) {
  const child = home.spawnExpctl(args, { env });
  const seen = { out: '', err: '' };
  child.stdout!.on('data', (chunk: Buffer) => {
    seen.out += chunk;
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    seen.err += chunk;
  });
  return { child, seen, closed: once(child, 'close') };
}

const pidOf = async (): Promise<number> => JSON.parse(await home.ok('daemon', 'status', '--json')).pid;

test('logs -f and wait outlive the daemons that they started themselves', async () => {
  const gate = (n: number): string => join(home.project, `gate${n}`);
  const steps = [1, 2, 3]
    .map((n) => `echo step ${n}; while [ ! -e ${gate(n)} ]; do sleep 0.05; done`)
    .join('; ');
  await home.start();
  const id = String(await home.submit(['sh', '-c', `${steps}; echo over; exit 9`]));
  await home.untilState(Number(id), 'running');
  const followers = [
    ['logs', '-f', id],
    ['wait', id],
  ].map((args) => following(args, { EXPD_NO_START: '' }));
  const [logs, waits] = followers as [ReturnType<typeof following>, ReturnType<typeof following>];
  await until('it is followed', () => logs.seen.out.includes('step 1'));
  let daemon = await pidOf();
  for (const n of [1, 2]) {
    process.kill(daemon, 'SIGKILL');
    daemon = await until('one of them started another daemon', () =>
      pidOf().then(
        (pid) => pid !== daemon && pid,
        () => false,
      ),
    );
    writeFileSync(gate(n), '');
    await until('it goes on', () => logs.seen.out.includes(`step ${n + 1}`), 20_000);
  }
  writeFileSync(gate(3), '');
  expect(await logs.closed).toEqual([9, null]);
  expect(await waits.closed).toEqual([9, null]);
  expect(logs.seen.out).toBe('step 1\nstep 2\nstep 3\nover\n');
  expect(waits.seen.out).toBe(`run ${id} failed: exit 9\n`);
  for (const { seen } of followers) expect(seen.err).not.toMatch(/expctl/);
});

test('lines come once and in order over kill -9 of the daemon in two attempts', async () => {
  await home.start();
  const script = home.script(
    'count.sh',
    'i=0; while [ $i -lt 150 ]; do echo "$EXPD_ATTEMPT $i"; i=$((i+1)); sleep 0.01; done; [ $EXPD_ATTEMPT = 2 ] || exit 75',
  );
  const id = await home.submit(['sh', script]);
  const { seen, closed } = following(['logs', '-f', String(id)]);
  for (const line of ['1 40', '2 40']) {
    await until(`line ${line} came`, () => seen.out.includes(`${line}\n`), 20_000);
    await home.stop('SIGKILL');
    await home.start();
  }
  expect(await closed).toEqual([0, null]);
  const lines = [1, 2].flatMap((attempt) => Array.from({ length: 150 }, (_, n) => `${attempt} ${n}\n`));
  expect(seen.out).toBe(lines.join(''));
  expect(seen.err.match(/── attempt 2 ──/g)).toHaveLength(1);
});

test('a line of 10 MB and a reader that stops for a while: every byte, and no wait once it reads again', async () => {
  await home.start();
  const print =
    "const fs = require('fs'); const x = Buffer.alloc(1e7, 'x'); fs.writeSync(1, x); fs.writeSync(1, '\\n'); for (let i = 0; i < 4; i++) fs.writeSync(1, x)";
  const id = await home.submit([home.node, '-e', print]);
  expect((await home.expctl(['wait', String(id)])).code).toBe(0);
  const child = home.spawnExpctl(['logs', '-f', String(id)]);
  child.stdout!.pause();
  // Long enough for all windows and buffers on the way to be full.
  for (let calls = 0; calls < 10; calls++) await home.ok('ls');
  const hash = createHash('sha256');
  child.stdout!.on('data', (chunk: Buffer) => void hash.update(chunk));
  child.stdout!.resume();
  expect(await once(child, 'close')).toEqual([0, null]);
  const { attempts } = JSON.parse(await home.ok('show', '--json', String(id)));
  expect(hash.digest('hex')).toBe(createHash('sha256').update(readFileSync(attempts[0].log)).digest('hex'));
  expect((await home.expctl(['logs', '-n', '1', String(id)])).stdout.length).toBe(4e7);
}, 25_000);

test('what is not the run’s own words is on standard error: waiting, separators, a hold', async () => {
  await home.start();
  const gate = join(home.project, 'gate');
  const blocker = await home.submit(['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done`]);
  await home.untilState(blocker, 'running');
  const id = await home.submit(['sh', '-c', 'echo $EXPD_ATTEMPT; kill -9 $$']);
  const { child, seen, closed } = following(['logs', '-f', String(id)]);
  await until('it says that it waits', () => seen.err.includes(`run ${id} is queued: no free slot`));
  expect(seen.out).toBe('');
  writeFileSync(gate, '');
  await until('it says that the run is held', () => seen.err.includes(`run ${id} is held: `));
  expect(seen.err).toMatch(new RegExp(`; expctl release ${id}\\n$`));
  await until('all attempts were shown', () => seen.out === '1\n2\n3\n');
  expect(seen.err.match(/── attempt \d ──/g)).toEqual(['── attempt 2 ──', '── attempt 3 ──']);
  expect(child.exitCode).toBeNull();
  await home.ok('cancel', String(id));
  expect(await closed).toEqual([130, null]);
});

test('run says no more than it must of a run that starts at once', async () => {
  await home.start();
  const { stdout, stderr, code } = await home.expctl(['run', '--', 'sh', '-c', 'echo words; exit 3']);
  expect([code, stderr]).toEqual([3, '']);
  expect(stdout).toMatch(/^run 1 queued {2}sh {2}project .*\nwords\n$/);
});

/** Counts what comes through a pipe, a little at a time. */
const SLOWLY = `
const { readSync } = require('node:fs');
let count = 0;
for (let n; (n = readSync(0, Buffer.alloc(8192))) > 0; count += n) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4);
console.log(count);`;

test('a reader that is slower than everything gets every byte, also of the last piece', async () => {
  await home.start();
  // A piece of 256 KiB, and a small one that finds the pipe full.
  const bytes = 262_144 + 5000;
  const id = String(await home.submit(['head', '-c', String(bytes), '/dev/zero']));
  await home.ok('wait', id);
  for (const verb of [['logs'], ['logs', '-f']]) {
    const shell = ['-c', '"$1" "$2" $3 | "$1" -e "$4"', 'sh', home.node, home.programs.expctl];
    const { stdout } = await promisify(execFile)('sh', [...shell, [...verb, id].join(' '), SLOWLY], {
      env: home.env,
    });
    expect(Number(stdout), verb.join(' ')).toBe(bytes);
  }
});
