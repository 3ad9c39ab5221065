import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Setting } from '../../gen/expd/v1/daemon.js';
import type { RunFiles } from '../api/remove.js';
import type { Clock } from '../clock.js';
import type { Outbox } from '../notify/outbox.js';
import { SETTINGS, type Settings } from '../options.js';
import type { Command } from '../queue/commands.js';
import type { Queue } from '../queue/queue.js';
import { tensorboardDir } from '../rundir/paths.js';
import { discardSweep, dropPointer, presentSweep } from '../rundir/sweep-trash.js';
import { moveToTrash, presentDirectories } from '../rundir/trash.js';
import type { Writers } from '../rundir/writers.js';
import type { Reader } from '../store/reader.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { CurrentSettings } from './current.js';
import { tooLittleRoom } from './room.js';

// What one module asks for, in the words of another.

export async function lowDisk(
  directories: readonly string[],
  { lowWaterBytes }: Settings,
): Promise<string | null> {
  const low = await Promise.all(directories.map((directory) => tooLittleRoom(directory, lowWaterBytes)));
  return low.find((reason) => reason !== null) ?? null;
}

/** `rm`: run directories, and the curves, unless another run keeps its own under the same name, here or elsewhere. */
export function runFiles(
  clock: Clock,
  reader: Pick<Reader, 'keptAs' | 'sweep'>,
  writers: Pick<Writers, 'elsewhere' | 'take' | 'leave'>,
): RunFiles {
  const runDirs = (attempts: readonly StoredAttempt[]): string[] => attempts.map(({ runDir }) => runDir);
  const curves = async (run: StoredRun): Promise<string[]> => {
    if (reader.keptAs(run.project, run.experimentId, run.id) !== null) return [];
    const present = await presentDirectories([tensorboardDir(run.project, run.experimentId)]);
    return present.length > 0 && (await writers.elsewhere(run)) === null ? present : [];
  };
  /** Nobody begins to write there before they are left again. */
  const takenCurves = async (run: StoredRun): Promise<string[]> => {
    const present = await curves(run);
    if (present.length === 0) return [];
    return (await writers.take(run, { cwd: run.project, umask: 0o077 })).taken ? present : [];
  };
  return {
    find: async (run, attempts) => presentDirectories([...runDirs(attempts), ...(await curves(run))]),
    async discard(run, attempts) {
      const { project, ulid, job } = run;
      const taken = await takenCurves(run);
      try {
        const directories = [...runDirs(attempts), ...taken];
        const moved = await moveToTrash({ project, ulid, directories, at: clock.now() });
        const sweep = job === null ? null : reader.sweep(job.sweep);
        if (job !== null && sweep !== null) await dropPointer(sweep, job.number);
        return moved;
      } finally {
        if (taken.length > 0) await writers.leave(run);
      }
    },
    findSweep: presentSweep,
    discardSweep: (sweep) => discardSweep(sweep, clock.now()),
  };
}

/** What the supervisor's program says of itself; rejects when it does not run. */
export const shimVersion = (file: string): Promise<string> =>
  promisify(execFile)(file, ['version']).then(({ stdout }) => stdout.trim());

export function outbox(reader: Reader, queue: Queue): Outbox {
  const tell = (command: Command): Promise<unknown> =>
    queue.execute({ requestId: null, commands: [command] });
  return {
    after: reader.notificationsAfter,
    cursor: reader.toldTo,
    advance: (target, upTo) => tell({ do: 'told', target, upTo }),
    forget: (upTo) => tell({ do: 'forgetNotifications', upTo }),
  };
}

/** `drain --requeue`: what runs is stopped and queued again. */
export async function stopAll(reader: Reader, queue: Queue): Promise<void> {
  const commands = reader.live().map(
    ({ run }): Command => ({
      do: 'transition',
      runId: run.id,
      event: { kind: 'stopRequested', reason: 'drain' },
    }),
  );
  if (commands.length > 0) await queue.execute({ requestId: null, commands });
}

/** As they were written: 60s, not 60000. */
export const shownSettings = ({ given }: CurrentSettings): Setting[] =>
  SETTINGS.map(({ key, description, default: standard }) => ({
    key,
    value: JSON.stringify(given[key]?.value ?? standard),
    origin: given[key]?.origin ?? 'default',
    description,
  }));
