import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home, processesWith } from '../helpers/home.js';
import { until } from '../helpers/until.js';

// What decides when a run starts and what becomes of it, through the built programs.

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

/** A command that goes on until the file is there; it notes its start in `order`. */
const gated = (name: string): string[] => {
  const [gate, order] = [join(home.project, `${name}.gate`), join(home.project, 'order')];
  return ['sh', '-c', `echo ${name} >> ${order}; while [ ! -e ${gate} ]; do sleep 0.02; done`];
};
const open = (name: string): void => writeFileSync(join(home.project, `${name}.gate`), '');
const order = (): string[] => readFileSync(join(home.project, 'order'), 'utf8').trim().split('\n');
const wait = async (id: number): Promise<number | null> => (await home.expctl(['wait', String(id)])).code;
const reason = async (id: number): Promise<string> => (await home.run(id)).reason?.code ?? '';

describe('order', () => {
  test('one slot: priority first, then age', async () => {
    await home.start();
    const first = await home.submit(gated('a'));
    await home.untilState(first, 'running');
    const ids = [
      await home.submit(gated('b')),
      await home.submit(gated('c'), ['--priority', '5']),
      await home.submit(gated('d')),
    ];
    expect(await reason(ids[0]!)).toBe('no_free_slot');
    for (const name of ['a', 'b', 'c', 'd']) open(name);
    for (const id of ids) expect(await wait(id)).toBe(0);
    expect(order()).toEqual(['a', 'c', 'b', 'd']);
  });

  test('one slot: who was interrupted goes on before what waits behind it', async () => {
    await home.start();
    const first = await home.submit(gated('a'));
    await home.untilState(first, 'running');
    const next = await home.submit(gated('b'));
    const { attempts } = JSON.parse(await home.ok('show', `${first}`, '--json'));
    process.kill(attempts[0].mainPid, 'SIGKILL');
    await until('one of them is there', () => order().length === 2);
    expect(order()).toEqual(['a', 'a']);
    for (const name of ['a', 'b']) open(name);
    for (const id of [first, next]) expect(await wait(id)).toBe(0);
  });

  test('a group limit holds its runs back and lets others pass', async () => {
    await home.start(['--slots', '3']);
    await home.ok('groups', 'set', 'small', '--limit', '1');
    const [one, two, other] = [
      await home.submit(gated('one'), ['--group', 'small']),
      await home.submit(gated('two'), ['--group', 'small']),
      await home.submit(gated('other')),
    ];
    await home.untilState(other, 'running');
    expect(await reason(two)).toBe('group_limit');
    await home.ok('groups', 'set', 'small', '--limit', '2');
    await home.untilState(two, 'running');
    // A run that moves to another group makes room in the one that it leaves.
    await home.ok('groups', 'set', 'small', '--limit', '1');
    open('other');
    expect(await wait(other)).toBe(0);
    const three = await home.submit(gated('three'), ['--group', 'small']);
    expect(await reason(three)).toBe('group_limit');
    await home.ok('edit', `${one},${two}`, '--group', 'default');
    await home.untilState(three, 'running');
    for (const name of ['one', 'two', 'three']) open(name);
    for (const id of [one, two, three]) expect(await wait(id)).toBe(0);
    expect((await home.expctl(['submit', '--group', 'none', '--', 'true'])).code).toBe(1);
  });

  test('--begin waits for its time, over a restart of the daemon', async () => {
    await home.start();
    const id = await home.submit(['true'], ['--begin', 'now+2s']);
    expect(await reason(id)).toBe('begin');
    await home.stop('SIGKILL');
    await home.start();
    const submitted = Date.now();
    expect(await wait(id)).toBe(0);
    expect(Date.now() - submitted).toBeLessThan(20_000);
  });

  test('hold and release', async () => {
    await home.start();
    const id = await home.submit(['true'], ['--hold']);
    expect((await home.run(id)).state).toBe('held');
    expect((await home.expctl(['release', String(id)])).code).toBe(0);
    expect(await wait(id)).toBe(0);
    expect((await home.expctl(['hold', String(id)])).code).toBe(1);
  });
});

describe('dependencies', () => {
  test('afterok, afterany, and a failure that is mended', async () => {
    await home.start(['--slots', '4']);
    const gate = join(home.project, 'mended');
    const failing = await home.submit(['sh', '-c', `[ -e ${gate} ]`]);
    const ok = await home.submit(['true'], ['--after', String(failing)]);
    const any = await home.submit(['true'], ['--after', `afterany:${failing}`]);
    expect(await wait(failing)).toBe(1);
    expect(await wait(any)).toBe(0);
    expect(await reason(ok)).toBe('dependency_failed');
    expect((await home.expctl(['rm', String(failing)])).code).toBe(1);
    writeFileSync(gate, '');
    await home.ok('retry', String(failing));
    expect(await wait(ok)).toBe(0);
  });

  test('--kill-on-failed-dep cancels, also what was submitted after the failure', async () => {
    await home.start(['--slots', '2']);
    const failing = await home.submit(['false']);
    const before = await home.submit(['true'], ['--after', String(failing), '--kill-on-failed-dep']);
    await home.untilState(before, 'cancelled');
    const after = await home.submit(['true'], ['--after', String(failing), '--kill-on-failed-dep']);
    await home.untilState(after, 'cancelled');
  });
});

describe('ends', () => {
  test('a time limit: 124, failed, whatever the run answers to SIGTERM', async () => {
    await home.start();
    const id = await home.submit(
      ['sh', '-c', 'trap "exit 0" TERM; sleep 100 & wait'],
      ['--time', '1s', '--grace', '5s'],
    );
    expect(await wait(id)).toBe(124);
    expect(await home.run(id)).toMatchObject({ state: 'failed', attempt: 1 });
  });

  test('a failure is tried again after its back-off while retries last', async () => {
    await home.start();
    const id = await home.submit(['false'], ['--retries', '1']);
    const waiting = await until('the run waits for its second attempt', async () => {
      const run = await home.run(id);
      return run.attempt === 1 && run.state === 'queued' && run.reason ? run : undefined;
    });
    expect(waiting.reason?.code).toBe('backoff');
    expect(await wait(id)).toBe(1);
    expect((await home.run(id)).attempt).toBe(2);
  });

  test('exit 75 asks to be run again; three times in a row soon after the start and it is held', async () => {
    await home.start();
    const once = join(home.project, 'once');
    const again = await home.submit(['sh', '-c', `[ -e ${once} ] && exit 0; touch ${once}; exit 75`]);
    expect(await wait(again)).toBe(0);
    expect((await home.run(again)).attempt).toBe(2);
    const poison = await home.submit(['sh', '-c', 'kill -9 $$']);
    const held = await home.untilState(poison, 'held');
    expect(held).toMatchObject({ attempt: 3, reason: { code: 'poison' } });
    await home.ok('release', String(poison));
    expect((await home.untilState(poison, 'held')).attempt).toBe(6);
  });

  test('cancel: the whole tree is gone, also what daemonized', async () => {
    await home.start();
    const id = await home.submit(
      ['sh', '-c', 'setsid sleep 200 & setsid sh -c "trap : TERM; sleep 200; sleep 200" & sleep 200'],
      ['--grace', '1s'],
    );
    await home.untilState(id, 'running');
    const entry = `EXPD_RUN_ULID=${(await home.run(id)).ulid}`;
    await until('its processes are there', () => processesWith(entry).length >= 4);
    await home.ok('cancel', String(id));
    expect(await wait(id)).toBe(130);
    expect(processesWith(entry)).toEqual([]);
  });

  test('pause stops everything, release goes on, the time limit stands still', async () => {
    await home.start();
    const ticks = join(home.project, 'ticks');
    const id = await home.submit(
      ['sh', '-c', `for i in 1 2 3 4 5 6 7 8 9 10; do echo $i >> ${ticks}; sleep 0.2; done`],
      ['--time', '4s'],
    );
    await until('it ticks', () => existsSync(ticks));
    await home.ok('pause', String(id));
    expect(await reason(id)).toBe('paused');
    const stopped = await until('it ticks no more', async () => {
      const before = readFileSync(ticks, 'utf8');
      await new Promise((resolve) => setTimeout(resolve, 500));
      return readFileSync(ticks, 'utf8') === before ? before : undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, 3000)); // longer than what is left of the limit
    expect(readFileSync(ticks, 'utf8')).toBe(stopped);
    await home.ok('release', String(id));
    expect(await wait(id)).toBe(0);
  });

  test('the working directory is gone: held, with the reason', async () => {
    await home.start();
    const blocker = await home.submit(gated('blocker'));
    const gone = join(home.project, 'gone');
    const id = Number(
      (
        await home.expctl(['submit', '-q', '-C', gone, '--project', home.project, '--', 'true'])
      ).stdout.trim() || '0',
    );
    open('blocker');
    expect(await wait(blocker)).toBe(0);
    if (id > 0) expect((await home.untilState(id, 'held')).reason?.code).toBe('cwd_gone');
  });
});

describe('drain', () => {
  test('nothing starts, over a restart, until undrain; --requeue brings back what ran', async () => {
    await home.start();
    const running = await home.submit(gated('long'));
    await home.untilState(running, 'running');
    await home.ok('daemon', 'drain', '--requeue');
    const back = await home.untilState(running, 'queued');
    expect(back.reason?.code).toBe('draining');
    await home.stop();
    await home.start();
    expect((await home.run(running)).reason?.code).toBe('draining');
    open('long');
    await home.ok('daemon', 'undrain');
    expect(await wait(running)).toBe(0);
    expect((await home.run(running)).attempt).toBe(2);
  });
});

test('a low disk: nothing starts, with that reason', async () => {
  await home.start([], { EXPD_LOW_WATER: '9999TiB' });
  const id = await home.submit(['true']);
  const waiting = await until('the reason is known', async () => {
    const run = await home.run(id);
    return run.reason?.code === 'low_disk' ? run : undefined;
  });
  expect(waiting.state).toBe('queued');
  await home.stop();
  await home.start();
  expect(await wait(id)).toBe(0);
});

test('settings are read again when the file changes', async () => {
  await home.start();
  const ids = [await home.submit(gated('a')), await home.submit(gated('b'))];
  await home.untilState(ids[0]!, 'running');
  expect((await home.run(ids[1]!)).state).toBe('queued');
  const keyed = await home.submit(['true'], ['--hold', '--key', 'k']);
  writeFileSync(join(home.dir, 'home/config/settings.yaml'), 'slots: 2\ngrace: 5s\nlayout: flat\n');
  await home.untilState(ids[1]!, 'running');
  // What it was submitted with is the same, whatever the defaults are now.
  expect(await home.submit(['true'], ['--hold', '--key', 'k'])).toBe(keyed);
  open('a');
  open('b');
  for (const id of ids) expect(await wait(id)).toBe(0);
});

test('settings that others could write are not read', async () => {
  await home.start();
  const file = join(home.dir, 'home/config/settings.yaml');
  const stderr = async (): Promise<string> => (await home.expctl(['ls'])).stderr;
  writeFileSync(file, 'slots: 3');
  chmodSync(file, 0o666);
  await until('it is said', async () => /can be written by everybody/.test(await stderr()));
  chmodSync(file, 0o600);
  await until('all is well', async () => !(await stderr()).includes('not in force'));
  expect(await home.ok('config', 'show')).toMatch(/slots +3/);
});

test('settings that are not good change nothing, and it is said', async () => {
  await home.start();
  const file = join(home.dir, 'home/config/settings.yaml');
  const told = async (): Promise<string> => (await home.expctl(['ls'])).stderr;
  for (const [text, why] of [
    ['slots: many', /slots: "many" is not a whole number/],
    ['layout: mine', /no layout "mine"/],
  ] as const) {
    writeFileSync(file, text);
    await until('it is said', async () => why.test(await told()));
    expect((await home.expctl(['config', 'show'])).stderr).toMatch(why);
    expect(JSON.parse(await home.ok('daemon', 'status', '--json')).notices).toHaveLength(1);
    const refused = await home.submit(['true']);
    expect(await wait(refused)).toBe(0);
  }
  const { checks } = JSON.parse((await home.expctl(['doctor', '--json'])).stdout);
  expect(checks).toContainEqual(expect.objectContaining({ id: 'settings', level: 'fail' }));
  writeFileSync(file, 'slots: 2');
  await until('all is well', async () => !(await told()).includes('not in force'));
  await home.stop();
  writeFileSync(file, 'layout: mine');
  await expect(home.start()).rejects.toThrow(/\(2\): expd: no layout "mine"; one of: flat hybrid\n$/);
  home.daemon = null;
});
