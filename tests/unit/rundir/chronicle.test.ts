import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Log } from '../../../src/daemon/log.js';
import type { Submission } from '../../../src/daemon/run/submission.js';
import { Chronicle } from '../../../src/daemon/rundir/chronicle.js';
import { prepareAttempt } from '../../../src/daemon/rundir/prepare.js';
import type { Scribe } from '../../../src/daemon/rundir/scribe.js';
import { stepFailed } from '../../../src/daemon/rundir/steps.js';
import type { StoredAttempt, StoredRun } from '../../../src/daemon/store/stored.js';
import { order, ports, scratch } from './fixture.js';

/** The first attempt of run 7, which has succeeded. */
const ended = ({
  attemptId,
  ulid,
  runDir,
  log,
}: Record<'attemptId' | 'ulid' | 'runDir' | 'log', string>) => ({
  attempt: {
    ...{ id: attemptId, runId: 7, number: 1, runDir, log, errorLog: null, startedAt: 0, claimedAt: 0 },
    ...{ phase: 'ended', endedAt: 1000 },
    outcome: { verdict: 'success', cause: 'exit', code: 0, signal: null, detail: null },
  } as unknown as StoredAttempt,
  run: { id: 7, ulid, name: 'train', experimentId: 'train-7', job: null } as StoredRun,
});

test('an end waits for what is still being found out, also by a daemon that has taken the attempt over', async () => {
  const root = await scratch();
  const given = await ports(join(root, 'state'));
  const envSha = await given.environments.store({ PATH: '/usr/bin:/bin' });
  const asked = order(root, envSha);
  const { runDir, log } = await prepareAttempt(asked, null, given);
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let begun = (): void => {};
  const discovering = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const chronicle = new Chronicle({
    clock: given.clock,
    log: { warn: ({ err }: { err: Error }) => expect(err).toBeUndefined() } as unknown as Log,
    scribe: given.scribe,
    environments: {
      async load(sha) {
        begun();
        await held;
        return given.environments.load(sha);
      },
    },
    diffs: { load: async () => Buffer.alloc(0) },
    sweepIndex: {} as never, // a run without a sweep has none
    submission: () => asked.submission as Submission,
    code: () => null,
  });
  const { attempt, run } = ended({ ...asked, runDir, log });
  const adopted = chronicle.adopted(attempt, run);
  await discovering;
  const told: string[] = [];
  const over = chronicle.ended(attempt, run).then(() => told.push('ended'));
  const status = async () => JSON.parse(await readFile(join(runDir, 'status.json'), 'utf8')).status;
  await expect.poll(status).toBe('success');
  told.push('let go');
  letGo();
  await Promise.all([adopted, over]);
  expect(told).toEqual(['let go', 'ended']);
  const metadata = JSON.parse(await readFile(join(runDir, 'metadata.json'), 'utf8'));
  expect(metadata.complete).not.toBe(false);
});

test('an end that a full disk did not take is written once there is room', async () => {
  const root = await scratch();
  const given = await ports(join(root, 'state'));
  const asked = order(root, await given.environments.store({ PATH: '/usr/bin:/bin' }));
  const { runDir, log } = await prepareAttempt(asked, null, given);
  let full = true;
  const carryOut: Scribe['carryOut'] = async (steps) => {
    if (full) throw stepFailed(steps[0]!, constants.errno.ENOSPC);
    return given.scribe.carryOut(steps);
  };
  const wakes: (() => void)[] = [];
  const wakeLater = (_: number, wake: () => void) => {
    wakes.push(wake);
    return () => {};
  };
  const chronicle = new Chronicle({
    clock: { now: () => 0, at: wakeLater },
    log: { warn: () => {} } as unknown as Log,
    scribe: { carryOut } as Scribe,
    environments: given.environments,
    diffs: { load: async () => Buffer.alloc(0) },
    sweepIndex: {} as never,
    submission: () => asked.submission as Submission,
    code: () => null,
  });
  const { attempt, run } = ended({ ...asked, runDir, log });
  await chronicle.ended(attempt, run);
  full = false;
  wakes.pop()?.();
  const status = async () => JSON.parse(await readFile(join(runDir, 'status.json'), 'utf8')).status;
  await expect.poll(status).toBe('success');
});
