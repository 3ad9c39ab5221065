import { appendFile } from 'node:fs/promises';
import { discardExperiment, hasCurves } from '../rundir/experiments.js';
import { waitsFor } from '../rundir/writers.js';
import type { Ports } from '../scheduler/ports.js';
import { Scheduler } from '../scheduler/scheduler.js';
import type { StoredRun } from '../store/stored.js';
import type { Fact } from '../supervisor/executor.js';
import { readBootId } from '../supervisor/identity.js';
import { openLocalExecutor } from '../supervisor/local.js';
import { attemptSaysDone } from '../tracking/done.js';
import { lowDisk } from './adapters.js';
import { checkpointCare } from './checkpoints.js';
import { configured, drifted } from './configured.js';
import type { Closers, Core } from './core.js';
import { discardUnused, tidyAfterRemovals, tidyUp } from './tidy.js';
import { openTracking } from './tracking.js';

export type Work = Awaited<ReturnType<typeof startWork>>;

/** What executes and what decides: from here on runs start, and those of the last daemon are taken over. */
export async function startWork(core: Core, closers: Closers) {
  const { places, clock, log, settings, queue, reader, submission, chronicle, inspect, writers } = core;
  let seen: (fact: Fact) => void = () => {};
  const executor = await openLocalExecutor({
    state: places.state,
    shim: core.shim,
    layouts: core.layouts,
    environments: core.environments,
    scribe: core.scribe,
    sweeps: core.sweeps,
    configured: configured(core),
    carryOver: async (from, to, below) => void (await inspect('copy', { from, to, below })),
    clock,
    log,
    fact: (fact) => seen(fact),
  });
  closers.push(() => executor.close());

  const tracking = openTracking(core, closers);
  const care = checkpointCare(core);
  closers.push(() => care.close());
  const ports: Ports = {
    clock,
    log,
    executor,
    bootId: readBootId(),
    execute: (commands, how) => queue.execute({ requestId: null, commands }, how),
    store: { ...reader, submission },
    resumePoint: (run, asked) => care.keeper.resumePoint(run, asked),
    hideOthers: care.hideOthers,
    goOn: tracking.goOn,
    trackers: care.trackers,
    drifted: (run, asked) => drifted(core, run, asked),
    annotate: (file, lines) => appendFile(file, lines.map((line) => `[expd] ${line}\n`).join('')),
    saysDone: ({ runDir, number }) => attemptSaysDone(runDir, number),
    gain: (attempt) => care.keeper.gain(attempt),
    experimentTaken: ({ project, experimentId }) => hasCurves(project, experimentId),
    takeExperiment: (run, { cwd, umask }) => writers.take(run, { cwd, umask }),
    leaveExperiment: (run) => writers.leave(run),
    async experimentElsewhere(run) {
      const who = await writers.elsewhere(run);
      return who === null ? null : waitsFor(run, who);
    },
    replaceExperiment: ({ project, experimentId, ulid }) =>
      discardExperiment({ project, experimentId, ulid, at: clock.now() }),
    lowDisk: (project) => lowDisk([project, places.state], settings.now),
    started(attempt, run) {
      void chronicle.started(attempt, run);
      void tracking.started(attempt, run);
      care.begin(attempt);
    },
    async finished(attempt, run) {
      void care.end(attempt, run);
      await discardUnused(attempt, places.state);
      if (run !== null) await Promise.all([chronicle.ended(attempt, run), tracking.ended(attempt, run)]);
    },
  };
  const scheduler = new Scheduler(ports, settings.now.slots);
  seen = (fact) => scheduler.fact(fact);
  closers.push(() => scheduler.close());
  settings.onChange(({ slots }) => scheduler.setSlots(slots));
  closers.push(queue.onCommit((committed) => scheduler.committed(committed)));

  const tidy = { ...core, state: places.state, executor, tracking };
  await tidyUp(tidy);
  closers.push(tidyAfterRemovals(tidy, queue));
  scheduler.begin();
  for (const { attempt, run } of reader.live()) {
    void chronicle.adopted(attempt, run);
    void tracking.started(attempt, run);
    care.begin(attempt);
    void keepCurves(core, run);
  }
  return { executor, scheduler, tracking, keeper: care.keeper };
}

/** Of a run that lives its mark may be missing: an older daemon made none, and people remove files. */
async function keepCurves({ writers, submission, log }: Core, run: StoredRun): Promise<void> {
  const { cwd = run.project, umask = 0o077 } = submission(run.id) ?? {};
  const taken = await writers.take(run, { cwd, umask }).catch((err) => ({ taken: false as const, by: err }));
  if (!taken.taken) log.warn({ event: 'curves_not_taken', runId: run.id, by: taken.by });
}
