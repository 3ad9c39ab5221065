import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Failpoint } from '../../src/daemon/failpoint.js';
import { Home } from '../helpers/home.js';
import { randomlyAsync } from '../helpers/random.js';
import { until } from '../helpers/until.js';

// Two daemons, each with a state of its own, and one project: as two machines have it that share a disk.

let here: Home;
let there: Home;

beforeEach(async () => {
  here = new Home();
  there = new Home();
  await Promise.all([here.start(), there.start()]);
});
afterEach(() => Promise.all([here.close(), there.close()]));

/** Also what is being made of them. */
function marks(): string[] {
  try {
    return readdirSync(join(here.project, 'outputs/.writers'));
  } catch {
    return []; // none was made yet
  }
}
const mark = () => join(here.project, 'outputs/.writers/base');
const holder = (): string => JSON.parse(readlinkSync(mark())).ulid;

/** A run of one of them in the project of the first, which logs nothing; its id. */
async function submit(home: Home, argv: string[], flags: string[] = []): Promise<number> {
  const { code, stdout, stderr } = await home.expctl(
    ['submit', '-q', '--project', here.project, '--experiment-id', 'base', ...flags, '--', ...argv],
    { cwd: here.project },
  );
  if (code !== 0) throw new Error(stderr);
  return Number(stdout);
}

/** Runs until the test lets it. */
const untilLet = ['sh', '-c', 'until [ -e let ]; do sleep 0.02; done'];
const letGo = (): void => writeFileSync(join(here.project, 'let'), '');

const untilItWaits = (home: Home, id: number): Promise<string> =>
  until(`run ${id} waits`, async () => {
    const { state, reason } = await home.run(id);
    return state === 'queued' && reason?.code === 'experiment_busy' && reason.text;
  });

test("of two daemons the second waits, says for whom, and goes on with what then is nobody's", async () => {
  const first = await submit(here, untilLet);
  const { ulid } = await here.untilState(first, 'running');
  expect(holder()).toBe(ulid);
  await expect(submit(there, ['true'])).rejects.toThrow(
    new RegExp(`experiment base is being written by run ${first} \\(${ulid}\\) of .*--continue`),
  );
  await expect(submit(there, ['true'], ['--replace'])).rejects.toThrow('is being written by');

  const second = await submit(there, ['true'], ['--continue']);
  const reason = await untilItWaits(there, second);
  expect(reason).toContain(`run ${first} (${ulid})`);
  expect(reason).toContain(here.state);
  expect(reason).toContain(`remove ${mark()}`);
  expect(await there.ok('explain', String(second))).toContain(ulid);

  letGo();
  await here.untilState(first, 'succeeded');
  await there.untilState(second, 'succeeded');
  await until('nothing is left where nothing was logged', () => marks().length === 0);
});

test("between its attempts the curves are a run's own, here and elsewhere, until it is given up", async () => {
  const first = await submit(here, ['false'], ['--retries', '1']);
  await until('its back-off', async () => (await here.run(first)).reason?.code === 'backoff');
  const second = await submit(here, ['true'], ['--continue']);
  const third = await submit(there, ['true'], ['--continue']);
  expect(await untilItWaits(here, second)).toBe(`experiment base is that of run ${first}, which is not over`);
  expect(await untilItWaits(there, third)).toContain(`run ${first} (`);
  await here.ok('cancel', String(second));
  await here.ok('cancel', String(first));
  await there.untilState(third, 'succeeded');
  await until('no mark is left', () => marks().length === 0);
});

/** Before, with and after what the mark stands for. */
const DEATHS: Failpoint[] = [
  'beforeMark',
  'afterMark',
  'beforeClaim',
  'beforeEnd',
  'afterEnd',
  'beforeSettled',
  'afterSettled',
];
test.each(DEATHS)('kill -9 at %s: its run waits for nobody, and nobody for it for ever', async (point) => {
  await here.stop();
  await here.start([], { EXPD_FAILPOINT: point });
  const died = once(here.daemon!, 'exit');
  const first = await submit(here, ['true']).catch(() => 1);
  await died;
  here.daemon = null;

  const marked = marks().includes('base');
  const second = await submit(there, ['true'], ['--continue']);
  if (marked) await untilItWaits(there, second);
  else await there.untilState(second, 'succeeded');
  await here.start();
  await here.untilState(first, 'succeeded');
  await there.untilState(second, 'succeeded');
  await until(
    'no mark is left',
    () => marks().length === 0 && readdirSync(join(here.state, 'writing')).length === 0,
  );
});

test('what a killed daemon had marked for a run that then cannot start is free again', async () => {
  await here.stop();
  await here.start([], { EXPD_FAILPOINT: 'afterMark' });
  const died = once(here.daemon!, 'exit');
  await submit(here, ['true']).catch(() => 1);
  await died;
  expect(marks()).toEqual(['base']);
  drain(here.state);
  await here.start();
  await until('the mark is gone', () => marks().length === 0);
  expect(await here.run(1)).toMatchObject({ state: 'queued', reason: { code: 'draining' } });
});

/** As somebody did the moment before the daemon died. */
function drain(state: string): void {
  const db = new Database(join(state, 'expd.db'));
  db.exec("INSERT INTO facts (name, value) VALUES ('draining', 'true')");
  db.close();
}

test('whoever dies when: there are never two writers', () =>
  randomlyAsync(1, async (random) => {
    const alone = ['sh', '-c', 'mkdir busy || touch two; sleep 0.03; rmdir busy'];
    const homes = [here, there] as const;
    const runs: [Home, number][] = [];
    for (let n = 0; n < 8; n++) {
      const home = homes[n % 2]!;
      const submitted = async () => {
        await alive(home);
        return submit(home, alone, ['--continue', '--key', String(n)]).catch(() => undefined);
      };
      runs.push([home, await until('it is acknowledged', submitted)]);
      if (n % 2 === 0) continue;
      const dying = random.of(homes);
      await dying.stop('SIGKILL');
      await dying.start([], { EXPD_FAILPOINT: `${random.of(DEATHS)}:${1 + random.upTo(1)}` });
    }
    for (const [home, id] of runs)
      await until(
        `run ${id} is over`,
        async () => {
          await alive(home);
          return isOver(home, id);
        },
        60_000,
      );
    expect(existsSync(join(here.project, 'two'))).toBe(false);
    await until('no mark is left', () => marks().length === 0);
  }));

async function alive(home: Home): Promise<void> {
  if (home.daemon?.signalCode !== null || home.daemon.exitCode !== null) await home.start();
}

/** Throws where it failed; false where the daemon died meanwhile. */
async function isOver(home: Home, id: number): Promise<boolean> {
  const run = await home.run(id).catch(() => null);
  if (run?.state === 'failed') throw new Error(`run ${id}: ${JSON.stringify(run)}`);
  return run?.state === 'succeeded';
}

test('a daemon that adopts a run whose mark was removed marks it again', async () => {
  const first = await submit(here, untilLet);
  const { ulid } = await here.untilState(first, 'running');
  await here.stop('SIGKILL');
  rmSync(mark());
  await here.start();
  await until('its mark', () => marks().includes('base') && holder() === ulid);
  letGo();
  await here.untilState(first, 'succeeded');
});

test('a machine that is gone for good holds nobody up once somebody has said so', async () => {
  const first = await submit(here, untilLet);
  await here.untilState(first, 'running');
  const second = await submit(there, ['true'], ['--continue']);
  await untilItWaits(there, second);
  rmSync(mark());
  await there.untilState(second, 'succeeded');
  letGo();
  await here.untilState(first, 'succeeded');
});

test('what another daemon writes is neither moved away with a run nor packed', async () => {
  const first = await submit(here, ['sh', '-c', 'mkdir -p "$EXPD_TB_DIR" && touch "$EXPD_TB_DIR/notes"']);
  await here.untilState(first, 'succeeded');
  await until('its mark is gone', () => marks().length === 0);
  const second = await submit(there, untilLet, ['--continue']);
  await there.untilState(second, 'running');
  const packed = await here.expctl(['archive', 'base', '-o', join(here.dir, 'base.tar.gz')]);
  expect(packed.stderr).toContain(`run ${second}`);
  expect(packed.code).toBe(1);
  await here.ok('rm', '--files', String(first));
  expect(readdirSync(join(here.project, 'outputs/tensorboard'))).toEqual(['base']);
  expect(marks()).toEqual(['base']);
  letGo();
  await there.untilState(second, 'succeeded');
});
