import { mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/daemon/clock.js';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import { readLayouts } from '../../../src/daemon/rundir/layouts.js';
import type { AttemptOrder } from '../../../src/daemon/rundir/order.js';
import type { PreparePorts } from '../../../src/daemon/rundir/prepare.js';
import { Scribe } from '../../../src/daemon/rundir/scribe.js';
import { unconfigured } from '../../helpers/unconfigured.js';

export const CONF = fileURLToPath(new URL('../../../conf', import.meta.url));

export const SHIM = fileURLToPath(
  new URL(`../../../native/prebuilt/expshim-linux-${process.arch}`, import.meta.url),
);

/** The process that writes; it goes with the test. */
export function openScribe(): Scribe {
  const scribe = new Scribe(SHIM);
  onTestFinished(() => scribe.close());
  return scribe;
}

/** A directory that goes with the test. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'expd-rundir-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function ports(
  state: string,
  now?: () => number,
): Promise<PreparePorts & { environments: ReturnType<typeof environmentStore> }> {
  await mkdir(state, { recursive: true });
  const scribe = openScribe();
  return {
    ...unconfigured(scribe),
    state,
    layouts: readLayouts(CONF),
    clock: now ? { ...systemClock, now } : systemClock,
    environments: environmentStore(state),
    scribe,
  };
}

type Changes = Partial<Omit<AttemptOrder, 'submission'>> & {
  submission?: Partial<AttemptOrder['submission']>;
};

export function order(project: string, envSha: string, changes: Changes = {}): AttemptOrder {
  return {
    attemptId: `attempt-${Math.random().toString(36).slice(2)}`,
    attempt: 1,
    runId: 7,
    ulid: '01J00000000000000000000007',
    name: 'train',
    experimentId: 'train-7',
    tags: ['baseline'],
    note: '',
    resume: null,
    previousRunDir: null,
    submittedAt: Date.UTC(2026, 0, 31, 12, 0, 0),
    ...changes,
    submission: {
      argv: ['python', 'train.py', '--lr', '0.1'],
      cwd: project,
      project,
      envSha,
      timeLimitMs: null,
      graceMs: 60_000,
      warn: null,
      requeueExits: [],
      seed: 42,
      resumeArg: null,
      template: false,
      split: false,
      layout: 'hybrid',
      topLevel: true,
      umask: 0o022,
      nice: 0,
      rlimits: [],
      configuration: null,
      existingExperiment: null,
      ...changes.submission,
    },
  };
}

/** Every path below a directory, sorted; links with their targets. */
export async function tree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const shown = path.slice(directory.length + 1);
    if (entry.isSymbolicLink()) return `${shown} -> ${await readlink(path)}`;
    return entry.isDirectory() ? `${shown}/` : shown;
  });
  return (await Promise.all(lines)).sort();
}
