import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';

// What the README promises, through the built programs, on every Node that is supported.

const root = resolve(import.meta.dirname, '..', '..');

/** Other Nodes, each with the packed package installed under it; minutes of compiling on a fresh machine. */
const OTHERS = ['22.23.3', '24.21.0'];

let home: Home;
afterEach(() => home.close());

const programs = (folder: string) => ({ expd: join(folder, 'bin/expd'), expctl: join(folder, 'bin/expctl') });

function other(version: string): { node: string; programs: { expd: string; expctl: string } } {
  const script = join(root, 'scripts/other-node.sh');
  const folder = execFileSync('bash', [script, version], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  return { node: join(folder, 'bin/node'), programs: programs(folder) };
}

function promises(make: () => Home): void {
  test('submit, ls, logs, wait, show: a run from start to end', async () => {
    home = make();
    await home.start();
    const id = await home.submit(['sh', '-c', 'echo one; echo two >&2; exit 3']);
    expect((await home.expctl(['wait', String(id)])).code).toBe(3);
    expect(await home.ok('logs', String(id))).toBe('one\ntwo\n');
    const run = await home.run(id);
    expect(run).toMatchObject({ id, state: 'failed', attempt: 1, exitCode: 3 });
    expect(existsSync(join(run.runDir, 'status.json'))).toBe(true);
    expect(await home.ok('ls')).toMatch(/failed/);
  });

  test('kill -9 of the daemon: runs go on, exit codes are the true ones', async () => {
    home = make();
    await home.start(['--slots', '2']);
    const gate = join(home.project, 'gate');
    const waits = `while [ ! -e ${gate} ]; do sleep 0.05; done; echo late; exit 7`;
    const [during, after] = [
      await home.submit(['sh', '-c', 'sleep 0.3; exit 5']),
      await home.submit(['sh', '-c', waits]),
    ];
    const queued = await home.submit(['true']);
    await home.untilState(after, 'running');
    await home.stop('SIGKILL');
    await home.start(['--slots', '2']);
    execFileSync('touch', [gate]);
    expect((await home.expctl(['wait', String(during)])).code).toBe(5);
    expect((await home.expctl(['wait', String(after)])).code).toBe(7);
    expect((await home.expctl(['wait', String(queued)])).code).toBe(0);
    expect(await home.ok('logs', String(after))).toBe('late\n');
    for (const id of [during, after, queued]) expect((await home.run(id)).attempt).toBe(1);
  });

  test('cancel, retry, rerun, rm', async () => {
    home = make();
    await home.start();
    const id = await home.submit(['sleep', '100']);
    await home.untilState(id, 'running');
    await home.ok('cancel', String(id));
    expect((await home.expctl(['wait', String(id)])).code).toBe(130);
    await home.ok('retry', String(id));
    await home.untilState(id, 'running');
    expect((await home.run(id)).attempt).toBe(2);
    await home.ok('cancel', String(id));
    await home.untilState(id, 'cancelled');
    await home.ok('rerun', String(id));
    await home.untilState(id + 1, 'running');
    await home.ok('cancel', '@');
    await home.untilState(id + 1, 'cancelled');
    await home.ok('rm', String(id));
    expect((await home.expctl(['show', String(id)])).code).toBe(3);
  });
}

describe(`Node ${process.version}, from the checkout`, () => {
  promises(() => new Home());
});

describe.each(OTHERS)('Node %s, from the packed tarball', (version) => {
  let installed: ReturnType<typeof other>;
  beforeAll(() => {
    installed = other(version);
  }, 600_000);
  promises(() => new Home({}, installed.node, installed.programs));

  test('packages that were built for another Node are said in one line', async () => {
    home = new Home({}, installed.node);
    await expect(home.start()).rejects.toThrow(
      new RegExp(
        `^expd ended before it was ready \\(78\\): expd: better-sqlite3 is not built for Node v${version}; [^\n]*\n$`,
      ),
    );
    home.daemon = null;
  });
});
