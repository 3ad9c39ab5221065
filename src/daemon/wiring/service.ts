import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CheckpointsService } from '../../gen/expd/v1/checkpoints.js';
import { ComposeService } from '../../gen/expd/v1/compose.js';
import { DaemonService } from '../../gen/expd/v1/daemon.js';
import { RunsService } from '../../gen/expd/v1/runs.js';
import { HealthService } from '../../gen/grpc/health/v1/health.js';
import { PACKAGE_ROOT } from '../../install.js';
import { VERSION } from '../../protocol.js';
import { Calls } from '../api/call.js';
import { checkpointsService } from '../api/checkpoints.js';
import { composeService } from '../api/compose.js';
import { type DaemonPorts, daemonService } from '../api/daemon.js';
import { healthService } from '../api/health.js';
import { logsService } from '../api/logs.js';
import { type MetricsPorts, metricsService } from '../api/metrics.js';
import { reflection } from '../api/reflection.js';
import { type RunsPorts, runsService } from '../api/runs.js';
import { listen } from '../api/server.js';
import type { StoredRun } from '../store/stored.js';
import { runFiles, shimVersion, shownSettings, stopAll } from './adapters.js';
import type { Closers, Core, End } from './core.js';
import type { Work } from './work.js';

/** What answers: the services on the socket. */
export async function serve(core: Core, work: Work, closers: Closers, end: End): Promise<void> {
  const { log, places, queue, reader } = core;
  const closing = new AbortController();
  const calls = new Calls(log, closing.signal);
  const logs = { calls, reads: reader, onCommit: queue.onCommit, reasons: work.scheduler };
  const listening = await listen({
    socket: places.socket,
    services: [
      [RunsService, runsService(runsPorts(core, work, calls))],
      logsService(logs),
      metricsService(metricsPorts(core, work, calls)),
      [
        CheckpointsService,
        checkpointsService({ calls, queue, reads: reader, reasons: work.scheduler, keeper: work.keeper }),
      ],
      [ComposeService, composeService(calls, core.composer)],
      [DaemonService, daemonService(daemonPorts(core, work, calls, end))],
      [
        HealthService,
        healthService(
          calls,
          new Set([
            'expd.v1.Runs',
            'expd.v1.Logs',
            'expd.v1.Metrics',
            'expd.v1.Checkpoints',
            'expd.v1.Compose',
            'expd.v1.Daemon',
          ]),
        ),
      ],
      ...reflection(),
    ],
    log,
    closing,
  });
  closers.push(() => listening.close());
}

const metricsPorts = ({ reader, queue }: Core, { tracking }: Work, calls: Calls): MetricsPorts => ({
  calls,
  reads: reader,
  tracker: tracking.tracker,
  taken: ({ id }) => tracking.drain(id),
  onCommit: queue.onCommit,
});

function runsPorts(core: Core, { scheduler, tracking, keeper }: Work, calls: Calls): RunsPorts {
  const { queue, reader, environments, configurations, diffs, clock, settings, layouts, chronicle, writers } =
    core;
  return {
    calls,
    queue,
    onCommit: queue.onCommit,
    reads: reader,
    reasons: scheduler,
    progress: { live: tracking.book, stored: reader },
    environments,
    configurations,
    diffs,
    files: runFiles(clock, reader, writers),
    experiments: { elsewhere: (of) => writers.elsewhere(of) },
    keeper,
    clock,
    defaults: () => ({
      layout: settings.now.layout,
      graceMs: settings.now.graceMs,
      layouts: new Set(layouts.names),
      sweepLimit: settings.now.sweepLimit,
    }),
    notices: () => notices(core),
    remarks: async (run) => [...(await chronicle.remarks(run)), ...(await unmatched(core, run, keeper))],
  };
}

function daemonPorts(core: Core, { executor, scheduler }: Work, calls: Calls, end: End): DaemonPorts {
  const { queue, reader, clock, settings, places, env } = core;
  const startedAt = clock.now();
  return {
    calls,
    queue,
    info: () => ({
      version: VERSION,
      startedAtMs: startedAt,
      stateDir: places.state,
      socket: places.socket,
      settingsFile: places.settings,
      logFile: core.logFile,
      shimVersion: `${executor.shim.protocol} ${executor.shim.source.slice(0, 12)}`,
      hostname: hostname(),
      ...scheduler.counts(),
      draining: reader.draining(),
      notices: notices(core),
      installed: Boolean(env.INVOCATION_ID),
    }),
    // Asked for now and then: its code is loaded when it is.
    doctor: async () => {
      const { doctor } = await import('../doctor/doctor.js');
      return doctor({
        places,
        env,
        shippedUnit: readFileSync(join(PACKAGE_ROOT, 'systemd/user/expd.service'), 'utf8'),
        now: clock.now,
        lowWaterBytes: () => settings.now.lowWaterBytes,
        settingsRefused: () => settings.refused,
        shimVersion: () => shimVersion(executor.shim.file),
        checkDatabase: queue.check,
        cgroup: () => executor.cgroups.dir,
        hasEnded: (attemptId) => reader.attempt(attemptId)?.phase === 'ended',
      });
    },
    stopAll: () => stopAll(reader, queue),
    settings: () => shownSettings(settings),
    sizeOf: async (path) => (await stat(path)).size,
    shutDown: () => end('asked'),
  };
}

const notices = ({ reader, settings }: Core): string[] => [
  ...(reader.draining() ? ['the daemon is draining: nothing starts until expctl daemon undrain'] : []),
  ...(settings.refused === null
    ? []
    : [
        `the settings are not in force as they stand now, and the next daemon will not start: ${settings.refused}`,
      ]),
];

/** Said before it is needed: where a run's checkpoints were said to lie there is none. */
async function unmatched(
  { submission, log }: Core,
  run: StoredRun,
  keeper: Work['keeper'],
): Promise<string[]> {
  const asked = submission(run.id);
  const where = asked?.checkpoints?.where ?? null;
  if (asked === null || where === null || run.attempt === 0) return [];
  try {
    const { length } = await keeper.list(run, asked, false);
    return length > 0 ? [] : [`no checkpoint so far: nothing matches --checkpoints ${where}`];
  } catch (err) {
    log.warn({ event: 'checkpoints_not_seen', runId: run.id, err });
    return [];
  }
}
