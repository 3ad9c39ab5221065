import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/daemon/clock.js';
import type { Log } from '../../../src/daemon/log.js';
import { type Notifier, startNotifier } from '../../../src/daemon/notify/notifier.js';
import { PATIENCE, type Patience } from '../../../src/daemon/notify/patience.js';
import type { Target } from '../../../src/daemon/notify/target.js';
import { until } from '../../helpers/until.js';
import { memoryOutbox } from './outbox.js';
import { webhookServer } from './webhook-server.js';

const QUICK: Patience = { ...PATIENCE, firstRetryMs: 5, longestRetryMs: 20, commandMs: 300, webhookMs: 300 };

let box: ReturnType<typeof memoryOutbox>;
let logged: Record<string, unknown>[];
let directory: string;
const open: { close(): Promise<unknown> }[] = [];

beforeEach(() => {
  box = memoryOutbox();
  logged = [];
  directory = mkdtempSync(join(tmpdir(), 'expd-notify-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  rmSync(directory, { recursive: true, force: true });
});

const note = (fields: unknown): void => void logged.push(fields as Record<string, unknown>);
const log: Log = { debug: note, info: note, warn: note, error: note, fatal: note };

function notifier(targets: Target[], patience: Partial<Patience> = {}): Notifier {
  const started = startNotifier(targets, {
    outbox: box.outbox,
    clock: systemClock,
    log,
    patience: { ...QUICK, ...patience },
  });
  open.push(started);
  return started;
}

async function server(...answer: Parameters<typeof webhookServer>) {
  const started = await webhookServer(...answer);
  open.push(started);
  return started;
}

const forgotten = (): Promise<boolean> => until('the outbox is empty', () => box.rows.length === 0);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('what is told', () => {
  test('everything, in order, once each when nothing fails; then it is forgotten', async () => {
    const hook = await server();
    const started = notifier([{ url: hook.url }]);
    for (let i = 0; i < 120; i++) {
      box.add();
      if (i % 7 === 0) started.wake();
    }
    started.wake();
    await forgotten();
    expect(hook.ids()).toEqual(range(1, 120));
  });

  test('what was written before it started', async () => {
    box.add();
    const hook = await server();
    notifier([{ url: hook.url }]);
    await forgotten();
    expect(hook.ids()).toEqual([1]);
  });

  test('only what the target wants', async () => {
    const hook = await server();
    const other = await server();
    for (const event of ['finished', 'failed', 'interrupted', 'failed', 'resumed'] as const) box.add(event);
    notifier([
      { url: hook.url, on: ['failed'] },
      { url: other.url, on: ['resumed', 'interrupted'] },
    ]);
    await forgotten();
    expect(hook.ids()).toEqual([2, 4]);
    expect(other.ids()).toEqual([3, 5]);
  });

  test('nobody, without targets, and nothing piles up', async () => {
    box.add();
    notifier([]);
    await forgotten();
  });

  test('new targets after a change of the settings', async () => {
    const hook = await server((_, response) => void setTimeout(() => response.end(), 5));
    const old = await server((_, response) => void response.writeHead(500).end());
    box.add();
    const started = notifier([{ url: old.url }]);
    await until('the old one is tried', () => old.told.length > 1);
    await started.retarget([{ url: hook.url }]);
    const tries = old.told.length;
    for (let i = 0; i < 20; i++) box.add();
    started.wake();
    await forgotten();
    expect(hook.ids()).toEqual(range(1, 21));
    expect(old.told).toHaveLength(tries);
  });
});

describe('a target that fails', () => {
  test('is told again until it confirms, in order, and the log says so once', async () => {
    let refusals = 4;
    const hook = await server((_, response) => void response.writeHead(refusals-- > 0 ? 503 : 204).end());
    box.add();
    box.add();
    notifier([{ url: hook.url }]);
    await forgotten();
    expect(hook.ids()).toEqual([1, 1, 1, 1, 1, 2]);
    expect(logged.map(({ event }) => event)).toEqual(['notify_failing', 'notify_recovered']);
    expect(JSON.stringify(logged)).not.toContain('/hook');
  });

  test('does not hold up another, whose place is kept', async () => {
    const good = await server();
    const hanging = await server(() => undefined);
    for (let i = 0; i < 20; i++) box.add();
    notifier([{ url: hanging.url }, { url: good.url }]);
    await until('20 told', () => good.told.length === 20);
    expect(box.rows).toHaveLength(20);
    await until('its place is noted', () => [...box.cursors.values()].includes(20));
    await until('a hanging answer is given up', () => hanging.told.length > 1);
    expect(new Set(hanging.ids())).toEqual(new Set([1]));
  });

  test('a redirect is not a confirmation', async () => {
    const elsewhere = await server();
    let answers = 0;
    const hook = await server((_, response) =>
      answers++ === 0 ? response.writeHead(302, { location: elsewhere.url }).end() : response.end(),
    );
    box.add();
    notifier([{ url: hook.url }]);
    await forgotten();
    expect(answers).toBe(2);
    expect(elsewhere.told).toEqual([]);
  });

  test('loses what is a day old after a day of failing, with a line in the log, and not before', async () => {
    const day = 86_400_000;
    let now = Date.now();
    const hook = await server((_, response) => void response.writeHead(500).end());
    // Written a week ago, and the daemon was away since.
    box.add('failed', now - 7 * day);
    const clock = { now: () => now, at: systemClock.at };
    const started = startNotifier([{ url: hook.url }], {
      outbox: box.outbox,
      clock: { ...clock, at: (_at: number, wake: () => void) => systemClock.at(Date.now() + 2, wake) },
      log,
      patience: QUICK,
    });
    open.push(started);
    await until('several tries', () => hook.told.length >= 3);
    expect(box.rows).toHaveLength(1);
    now += day;
    await forgotten();
    expect(logged.map(({ event }) => event)).toEqual(['notify_failing', 'notify_given_up']);
  });

  test('nobody listens: tried again without end', async () => {
    const hook = await webhookServer();
    await hook.close();
    box.add();
    notifier([{ url: hook.url }]);
    await until('the log says so', () => logged.length === 1);
    expect(logged[0]).toMatchObject({
      event: 'notify_failing',
      failure: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('a place that cannot be noted down does not stop the others from hearing', async () => {
    const hook = await server();
    box.outbox.forget = () => Promise.reject(new Error('disk full'));
    box.add();
    box.add();
    notifier([{ url: hook.url }]);
    await until('both told', () => hook.told.length === 2);
  });
});

describe('a command', () => {
  const sh = (script: string): Target => ({ command: ['/bin/sh', '-c', script] });

  test('gets the JSON on standard input, EXPD_EVENT, and a clean environment', async () => {
    process.env.EXPD_SECRET_OF_THE_DAEMON = 'x';
    try {
      box.add('failed');
      notifier([sh(`cat > ${directory}/json; env > ${directory}/env; pwd > ${directory}/pwd`)]);
      await forgotten();
    } finally {
      delete process.env.EXPD_SECRET_OF_THE_DAEMON;
    }
    expect(JSON.parse(readFileSync(join(directory, 'json'), 'utf8'))).toMatchObject({
      v: 1,
      event: 'failed',
      run: { id: 1 },
    });
    const names = readFileSync(join(directory, 'env'), 'utf8').match(/^EXPD_\w+=.*$/gm);
    expect(names).toEqual(['EXPD_EVENT=failed']);
    expect(readFileSync(join(directory, 'pwd'), 'utf8')).toBe('/\n');
  });

  test('that fails is executed again; what it said is in the log', async () => {
    box.add();
    notifier([
      sh(`[ -e ${directory}/once ] && exit 0; touch ${directory}/once; echo no mail today >&2; exit 3`),
    ]);
    await forgotten();
    expect(logged[0]).toMatchObject({ failure: 'ended by exit 3: no mail today' });
  });

  test('that hangs is killed with its children at its limit', async () => {
    box.add();
    notifier([
      sh(`[ -e ${directory}/pids ] && exit 0; sleep 1000 & echo $$ $! > ${directory}/pids; wait; echo never`),
    ]);
    await forgotten();
    expect(logged[0]).toMatchObject({ failure: 'not over within 300 ms' });
    const pids = readFileSync(join(directory, 'pids'), 'utf8').trim().split(' ').map(Number);
    for (const pid of pids) await until(`${pid} is gone`, () => !alive(pid));
  });

  test('that is killed with the daemon stopping leaves nothing behind, and is told again', async () => {
    box.add();
    const started = notifier([sh(`echo $$ > ${directory}/pid; exec sleep 1000`)], { commandMs: 60_000 });
    const pid = Number(await until('it runs', () => existing(join(directory, 'pid'))));
    await started.close();
    await until('it is gone', () => !alive(pid));
    expect(box.rows).toHaveLength(1);
  });

  test('that does not exist, does not read, or leaves a child holding its output', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    box.add();
    notifier([
      { command: ['/nowhere/to/be/found'] },
      sh('exit 0'),
      sh(`sleep 1000 & echo $! > ${directory}/pid`),
    ]);
    await until('the others are done', () => box.cursors.size === 2);
    await until('its output is let go', () => descriptors() <= before);
    process.kill(Number(readFileSync(join(directory, 'pid'), 'utf8')), 'SIGKILL');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ failure: expect.stringContaining('ENOENT') });
  });
});

const existing = (file: string): string | false =>
  existsSync(file) && readFileSync(file, 'utf8').endsWith('\n') && readFileSync(file, 'utf8');

/** A zombie is dead; its parent, the init of the machine, may take its time. */
function alive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
