import { Keeper } from '../checkpoints/keeper.js';
import { Lookout } from '../checkpoints/lookout.js';
import { isPreset } from '../checkpoints/preset.js';
import type { ResumePoint } from '../run/resume.js';
import type { Submission } from '../run/submission.js';
import { runPaths, tensorboardDir } from '../rundir/paths.js';
import { setAside } from '../rundir/set-aside.js';
import type { TrackerRuns } from '../rundir/trackers.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { Core } from './core.js';

/** Who looks after checkpoints, and who notices them. */
export function checkpointCare({ inspect, log, clock, reader, submission, queue, settings }: Core) {
  const keeper = new Keeper({
    inspect,
    log,
    now: clock.now,
    run: reader.run,
    attempts: reader.attempts,
    submission,
    cameFrom: reader.cameFrom,
    known: reader.checkpoints,
    retention: () => settings.now.retention,
    async record(runId, seen, gone) {
      const commands = [{ do: 'sawCheckpoints' as const, runId, seen, gone }];
      const [result] = await queue.execute({ requestId: null, commands });
      if (result?.ok === false) log.warn({ event: 'checkpoints_not_recorded', runId, why: result.message });
    },
  });
  const lookout = new Lookout({ log, clock, look: (runId) => keeper.look(runId) });
  return {
    keeper,
    begin({ id, runId, runDir }: StoredAttempt): void {
      const run = reader.run(runId);
      if (run === null) return;
      const where = submission(runId)?.checkpoints?.where ?? null;
      const pattern = where === null || isPreset(where) ? null : where;
      const curves = tensorboardDir(run.project, run.experimentId);
      lookout.begin({ attemptId: id, runId, runDir, pattern, curves });
    },
    async end({ id }: StoredAttempt, run: StoredRun | null): Promise<void> {
      const watched = await lookout.end(id);
      if (run !== null)
        await keeper
          .ended(run.id, watched)
          .catch((err) => log.warn({ event: 'checkpoints_not_seen', runId: run.id, err }));
    },
    async hideOthers(run: StoredRun, asked: Submission, point: ResumePoint | null): Promise<string[]> {
      const { runDir } = run;
      if (runDir === null) return [];
      try {
        const paths = await keeper.misleading(run, asked, point);
        return await setAside(paths, runDir, run.attempt + 1);
      } catch (cause) {
        return [`what the program may go on from by itself could not be looked at: ${cause}`];
      }
    },
    async trackers(run: StoredRun): Promise<TrackerRuns> {
      const files = reader
        .attempts(run.id)
        .filter(({ runDir }) => runDir !== '')
        .map(({ runDir, number }) => runPaths(runDir, number, false).metricsFile);
      const mlflow =
        files.length === 0 ? null : await inspect('mlflow', { files: files.reverse() }).catch(() => null);
      return { wandb: settings.now.wandb === 'on', mlflow };
    },
    close: () => lookout.close(),
  };
}
