import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { startUpUnit } from '../../src/client/startup.js';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';
import { Container, canBoot, UID } from './container.js';

// A machine with a real init, on which the daemon is a service: what happens to runs when the service is
// restarted or killed, and when the machine reboots or loses its power. Memory limits cannot be tested there:
// the container has no memory controller.

const root = resolve(import.meta.dirname, '..', '..');
const UNIT = `expd@${UID}.service`;

/** Takes the process id in ~/stranger.pid, before the daemon starts: what a machine does by itself sooner or later. */
const STRANGER = `#!/bin/bash
read -r wanted < /home/researcher/stranger.pid || exit 0
while :; do
  sleep 100000 & pid=$!
  if ((pid == wanted)); then exit 0; fi
  kill "$pid"; wait "$pid" 2> /dev/null
  if ((pid > wanted)); then exit 1; fi
done
`;
const STRANGER_UNIT = `[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/usr/local/bin/stranger
KillMode=process
RemainAfterExit=yes
[Install]
WantedBy=sysinit.target
`;

let machine: Container;
const possible = canBoot();
const inContainer = skipUnless(possible, 'needs root and systemd-nspawn: npm run setup:system');

beforeAll(async () => {
  if (!possible) return;
  const shipped = readFileSync(join(root, 'systemd/system/expd@.service'), 'utf8');
  const unit = startUpUnit(shipped, {
    argv: [process.execPath, join(root, 'dist/bin/expd.cjs'), '--slots', '20', '--low-water', '0'],
    env: {},
  });
  machine = new Container([UNIT, 'stranger.service'], {
    'expd@.service': unit,
    'stranger.service': STRANGER_UNIT,
  });
  writeFileSync(join(machine.root, 'usr/local/bin/stranger'), STRANGER, { mode: 0o755 });
  cpSync(join(import.meta.dirname, 'trainee.sh'), machine.file('trainee.sh'));
  await machine.boot();
  await daemonIsUp();
});
afterAll(() => machine?.close());

const daemonIsUp = (): Promise<true | string> =>
  until(
    'the daemon answers',
    () =>
      machine.expctl('ls', '--no-start').then(
        () => true as const,
        () => undefined,
      ),
    30_000,
  );

const daemonPid = async (): Promise<number> =>
  Number(await machine.run('systemctl', 'show', '--property=MainPID', '--value', UNIT));

interface Shown {
  run: {
    state: string;
    attempt: number;
    exitCode: number | null;
    reason: { code: string; text: string } | null;
  };
  attempts: { mainPid: number; outcome: { code: string; text: string } | null; resumedStep: number | null }[];
}

const show = async (id: number): Promise<Shown> =>
  JSON.parse(await machine.expctl('show', String(id), '--json'));

/** A run of the trainee that has saved at least twice; its id. */
async function training(name: string, ...words: string[]): Promise<number> {
  const id = Number(
    await machine.expctl('submit', '-q', '--name', name, '--', 'bash', 'trainee.sh', ...words),
  );
  await until(`${name} trains`, () => existsSync(machine.file(`${name}.log`)));
  await saves(id, 2);
  return id;
}

/** Waits until the run has a checkpoint of that step or a later one. */
const saves = (id: number, step: number): Promise<unknown> =>
  until(
    `run ${id} saves step ${step}`,
    async () => {
      const { run } = await show(id);
      const name = `step-${String(step).padStart(8, '0')}`;
      const { runDir } = run as unknown as { runDir: string | null };
      return runDir !== null && existsSync(join(machine.root, runDir, 'checkpoints', name, 'MANIFEST.json'));
    },
    30_000,
  );

/** Every step once, from the first to the last, over all attempts; that of the attempt that went on counts. */
async function hasOneCurve(id: number): Promise<void> {
  const { metrics } = JSON.parse(await machine.expctl('metrics', String(id), '--key', 'loss', '--json'));
  const steps: number[] = metrics[0].points.map(([step]: [number]) => step);
  const values: number[] = metrics[0].points.map(([, value]: [number, number]) => value);
  expect(steps).toEqual(steps.map((_, n) => n + 1));
  expect(values).toEqual(steps.map((step) => 1000 - step));
  const { attempts } = await show(id);
  expect(steps.length).toBeGreaterThan(attempts.at(-1)?.resumedStep ?? 0);
}

/** Lets the trainee end with that exit status. */
const finish = (name: string, status: number): void =>
  writeFileSync(machine.file(`${name}.finish`), `${status}\n`);

const ended = (id: number): Promise<Shown> =>
  until(
    `run ${id} is over`,
    async () => {
      const shown = await show(id);
      return ['succeeded', 'failed', 'cancelled'].includes(shown.run.state) ? shown : undefined;
    },
    30_000,
  );

const lines = (name: string): string[] =>
  readFileSync(machine.file(`${name}.log`), 'utf8')
    .trim()
    .split('\n');

/** Attempt K of the run runs. */
const attemptRuns = (id: number, attempt: number): Promise<Shown> =>
  until(
    `attempt ${attempt} of run ${id} runs`,
    async () => {
      const shown = await show(id);
      return shown.run.state === 'running' && shown.run.attempt === attempt ? shown : undefined;
    },
    60_000,
  );

inContainer(
  'runs go on over a restart and a kill -9 of the service, and end with their true status',
  async () => {
    const id = await training('steady');
    const before = await show(id);
    const pids = [await daemonPid()];

    await machine.run('systemctl', 'restart', UNIT);
    await daemonIsUp();
    pids.push(await daemonPid());

    // --kill-who=main is what an out-of-memory killer does; without it systemd would kill the whole cgroup.
    await machine.run('systemctl', 'kill', '--kill-who=main', '--signal=KILL', UNIT);
    await until(
      'systemd has started it again',
      async () => {
        const pid = await daemonPid();
        return pid > 0 && pid !== pids[1];
      },
      30_000,
    );
    await daemonIsUp();
    pids.push(await daemonPid());
    expect(new Set(pids).size).toBe(3);

    expect((await show(id)).attempts).toMatchObject([
      { mainPid: before.attempts[0]!.mainPid, outcome: null },
    ]);
    finish('steady', 7);
    expect(await ended(id)).toMatchObject({ run: { state: 'failed', attempt: 1, exitCode: 7 } });
    expect(lines('steady')).toHaveLength(1);
  },
);

inContainer('a run that ends while the service is stopped has its true status afterwards', async () => {
  const id = await training('alone');
  const pid = (await show(id)).attempts[0]!.mainPid;
  await machine.run('systemctl', 'stop', UNIT);
  expect(await machine.answers('kill', '-0', String(pid))).toBe(true);
  finish('alone', 9);
  await until('it has ended', async () => !(await machine.answers('kill', '-0', String(pid))));
  await machine.run('systemctl', 'start', UNIT);
  expect(await ended(id)).toMatchObject({ run: { state: 'failed', attempt: 1, exitCode: 9 } });
});

inContainer('each attempt has a cgroup below the unit, and a cancel reaches what left the tree', async () => {
  const id = await training('daemonic', 'daemonic');
  const [{ id: attempt }] = ((await show(id)) as unknown as { attempts: [{ id: string }] }).attempts;
  const groups = readFileSync(machine.file('daemonic.cgroup'), 'utf8');
  expect(groups).toMatch(new RegExp(`^0::/.*/${UNIT}/expd-${attempt}$`, 'm'));
  const escaped = readFileSync(machine.file('daemonic.pid'), 'utf8').trim();
  expect(await machine.answers('kill', '-0', escaped)).toBe(true);
  await machine.expctl('cancel', String(id));
  expect((await ended(id)).run.state).toBe('cancelled');
  expect(await machine.answers('kill', '-0', escaped)).toBe(false);
  const left = await machine.run('find', '/sys/fs/cgroup', '-name', `expd-${attempt}`);
  expect(left).toBe('');
});

inContainer(
  'after a reboot runs resume, also one that saved and left with 0, and strangers with their numbers are left alone',
  async () => {
    const plain = await training('plain');
    const polite = await training('polite', 'polite');
    const before = await show(plain);
    const taken = before.attempts[0]!.mainPid;
    writeFileSync(machine.file('stranger.pid'), `${taken}\n`);

    await machine.reboot();
    await daemonIsUp();

    for (const [name, id] of [
      ['plain', plain],
      ['polite', polite],
    ] as const) {
      const { attempts } = await attemptRuns(id, 2);
      expect(
        attempts.map(({ outcome }) => outcome?.code ?? null),
        name,
      ).toEqual(['terminated_from_outside', null]);
      expect(attempts[1]!.resumedStep, name).toBeGreaterThanOrEqual(2);
    }
    expect(lines('polite')).toContain('attempt 1 saved and left');
    expect((await machine.run('cat', `/proc/${taken}/comm`)).trim()).toBe('sleep');

    finish('plain', 0);
    finish('polite', 3);
    expect(await ended(plain)).toMatchObject({ run: { state: 'succeeded', attempt: 2 } });
    expect(await ended(polite)).toMatchObject({ run: { state: 'failed', attempt: 2, exitCode: 3 } });
    await hasOneCurve(plain);
    await hasOneCurve(polite);
    expect((await machine.run('cat', `/proc/${taken}/comm`)).trim()).toBe('sleep');
  },
  180_000,
);

inContainer(
  'after a power cut runs resume, and strangers with their numbers are left alone',
  async () => {
    const id = await training('unlucky', 'polite');
    const taken = (await show(id)).attempts[0]!.mainPid;
    writeFileSync(machine.file('stranger.pid'), `${taken}\n`);

    await machine.powerCut();
    await machine.boot();
    await daemonIsUp();

    const { attempts } = await attemptRuns(id, 2);
    expect(attempts.map(({ outcome }) => outcome?.code ?? null)).toEqual(['reboot', null]);
    expect(attempts[1]!.resumedStep).toBeGreaterThanOrEqual(2);
    expect((await machine.run('cat', `/proc/${taken}/comm`)).trim()).toBe('sleep');
    await saves(id, attempts[1]!.resumedStep! + 2);
    finish('unlucky', 0);
    expect(await ended(id)).toMatchObject({ run: { state: 'succeeded', attempt: 2 } });
    await hasOneCurve(id);
    expect((await machine.run('cat', `/proc/${taken}/comm`)).trim()).toBe('sleep');
  },
  180_000,
);
