import { readFileSync } from 'node:fs';
import { appendFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DaemonService } from '../gen/expd/v1/daemon.js';
import { LogsService } from '../gen/expd/v1/logs.js';
import { RunsService } from '../gen/expd/v1/runs.js';
import { HealthService } from '../gen/grpc/health/v1/health.js';
import { PACKAGE_ROOT } from '../install.js';
import type { Places } from '../places.js';
import { VERSION } from '../protocol.js';
import { lowDisk, outbox, runFiles, shimVersion, shownSettings, stopAll } from './adapters.js';
import { Calls } from './api/call.js';
import { type DaemonPorts, daemonService } from './api/daemon.js';
import { healthService } from './api/health.js';
import { logsService } from './api/logs.js';
import { reflection } from './api/reflection.js';
import { type RunsPorts, runsService } from './api/runs.js';
import { listen } from './api/server.js';
import { systemClock as clock } from './clock.js';
import { CurrentSettings } from './current.js';
import { doctor } from './doctor/doctor.js';
import { guardPlaces } from './guard/guard.js';
import { openLog } from './log.js';
import { startNotifier } from './notify/notifier.js';
import type { Loaded } from './options.js';
import { openQueue } from './queue/queue.js';
import { tellReady } from './readiness.js';
import { Chronicle } from './rundir/chronicle.js';
import { diffStore } from './rundir/diffs.js';
import { environmentStore } from './rundir/environment.js';
import { readLayouts } from './rundir/layouts.js';
import type { Ports } from './scheduler/ports.js';
import { Scheduler } from './scheduler/scheduler.js';
import { takeLock } from './store/lock.js';
import { openReader } from './store/reader.js';
import type { Fact } from './supervisor/executor.js';
import { readBootId } from './supervisor/identity.js';
import { openLocalExecutor } from './supervisor/local.js';
import { shimCandidates } from './supervisor/shim.js';
import { tidyAfterRemovals, tidyUp } from './tidy.js';
import { attemptSaysDone } from './tracking/done.js';
import { nextResumePoint, progressed } from './tracking/line.js';
import { verifyInThread } from './tracking/verify.js';

export interface Given {
  places: Places;
  loaded: Loaded;
  flags: Readonly<Record<string, string>>;
  env: NodeJS.ProcessEnv;
}

export interface Daemon {
  socket: string;
  /** Where it logs, for people. */
  log: string;
  /** Resolves when it was asked to end, or when it cannot go on. */
  ended: Promise<'asked' | 'failed'>;
  /** Stops in reverse; runs go on. */
  close(): Promise<void>;
}

/** Wires everything: starts in order, stops in reverse. Rejects with UserError. */
export async function startDaemon(given: Given): Promise<Daemon> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await open(given, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  { places, loaded, flags, env }: Given,
  closers: (() => unknown)[],
): Promise<Omit<Daemon, 'close'>> {
  const startedAt = clock.now();
  let end: (why: 'asked' | 'failed') => void = () => {};
  const ended = new Promise<'asked' | 'failed'>((resolve) => {
    end = resolve;
  });

  // 1. The state is ours alone.
  await guardPlaces(places);
  const lock = takeLock(places.state);
  closers.push(() => lock.release());
  const opened = openLog(places.state, loaded.settings.logLevel, env);
  const { log } = opened;
  closers.push(opened.close);
  const settings = new CurrentSettings(loaded, places.settings, flags, env, log);
  settings.onChange(({ logLevel }) => opened.setLevel(logLevel));

  // 2. The database, and what lies beside it.
  const queue = await openQueue({
    stateDir: places.state,
    workerFile: join(PACKAGE_ROOT, 'dist/writer.cjs'),
    notify: settings.now.notify.length > 0,
    onFailure(err) {
      log.fatal({ event: 'writer_failed', err });
      end('failed');
    },
  });
  closers.push(() => queue.close());
  const reader = openReader(places.state);
  closers.push(() => reader.close());
  const environments = environmentStore(places.state);
  const diffs = diffStore(places.state);
  const layouts = await readLayouts([join(PACKAGE_ROOT, 'conf/layout'), join(places.config, 'layout')]);
  const submission = (runId: number) => {
    const stored = reader.submission(runId);
    return stored.ok ? stored.submission : null;
  };
  const chronicle = new Chronicle({ clock, log, environments, diffs, submission, code: reader.code });

  // 3. What executes.
  let seen: (fact: Fact) => void = () => {};
  const executor = await openLocalExecutor({
    state: places.state,
    shims: shimCandidates(PACKAGE_ROOT),
    layouts,
    environments,
    clock,
    log,
    saysDone: async (attemptId) => {
      const attempt = reader.attempt(attemptId);
      return attempt !== null && attemptSaysDone(attempt.runDir, attempt.number);
    },
    fact: (fact) => seen(fact),
  });
  closers.push(() => executor.close());

  // 4. What decides.
  const verify = verifyInThread(join(PACKAGE_ROOT, 'dist/verifier.cjs'));
  const ports: Ports = {
    clock,
    log,
    executor,
    bootId: readBootId(),
    execute: (commands) => queue.execute({ requestId: null, commands }),
    store: { ...reader, submission },
    resumePoint: (run) => nextResumePoint(run.resume, reader.attempts(run.id), verify),
    annotate: (file, lines) => appendFile(file, lines.map((line) => `[expd] ${line}\n`).join('')),
    progressed,
    lowDisk: (project) => lowDisk([project, places.state], settings.now),
    started: (attempt, run) => void chronicle.started(attempt, run),
    finished: (attempt, run) => (run === null ? Promise.resolve() : chronicle.ended(attempt, run)),
  };
  const scheduler = new Scheduler(ports, settings.now.slots);
  seen = (fact) => scheduler.fact(fact);
  closers.push(() => scheduler.close());
  settings.onChange(({ slots }) => scheduler.setSlots(slots));
  closers.push(queue.onCommit((committed) => scheduler.committed(committed)));
  const tidy = { state: places.state, log, reader, executor, chronicle, environments, diffs };
  await tidyUp(tidy);
  closers.push(tidyAfterRemovals(tidy, queue));
  scheduler.begin();

  // 5. What answers.
  const closing = new AbortController();
  const calls = new Calls(log, closing.signal);
  const notices = (): string[] =>
    reader.draining() ? ['the daemon is draining: nothing starts until expctl daemon undrain'] : [];
  const runs: RunsPorts = {
    calls,
    queue,
    onCommit: queue.onCommit,
    reads: reader,
    reasons: scheduler,
    environments,
    diffs,
    files: runFiles(clock),
    clock,
    defaults: () => ({
      layout: settings.now.layout,
      graceMs: settings.now.graceMs,
      layouts: new Set(layouts.keys()),
    }),
    notices,
    remarks: (run) => chronicle.remarks(run),
  };
  const daemon: DaemonPorts = {
    calls,
    queue,
    info: () => ({
      version: VERSION,
      startedAtMs: startedAt,
      stateDir: places.state,
      socket: places.socket,
      settingsFile: places.settings,
      logFile: opened.where,
      shimVersion: `${executor.shim.protocol} ${executor.shim.source.slice(0, 12)}`,
      hostname: hostname(),
      ...scheduler.counts(),
      draining: reader.draining(),
      notices: notices(),
      installed: Boolean(env.INVOCATION_ID),
    }),
    doctor: () =>
      doctor({
        places,
        env,
        shippedUnit: readFileSync(join(PACKAGE_ROOT, 'systemd/user/expd.service'), 'utf8'),
        now: clock.now,
        lowWaterBytes: () => settings.now.lowWaterBytes,
        shimVersion: () => shimVersion(executor.shim.file),
        checkDatabase: queue.check,
        cgroup: () => executor.cgroups.dir,
        hasEnded: (attemptId) => reader.attempt(attemptId)?.phase === 'ended',
      }),
    stopAll: () => stopAll(reader, queue),
    settings: () => shownSettings(settings),
    sizeOf: async (path) => (await stat(path)).size,
    shutDown: () => end('asked'),
  };
  const named = ['expd.v1.Runs', 'expd.v1.Logs', 'expd.v1.Daemon'];
  const listening = await listen({
    socket: places.socket,
    services: [
      [RunsService, runsService(runs)],
      [LogsService, logsService({ calls, reads: reader, onCommit: queue.onCommit, reasons: scheduler })],
      [DaemonService, daemonService(daemon)],
      [HealthService, healthService(calls, new Set(named))],
      ...reflection(),
    ],
    log,
    closing,
  });
  closers.push(() => listening.close());

  // 6. What can wait until it answers.
  const notifier = startNotifier(settings.now.notify, {
    outbox: outbox(reader, queue),
    clock,
    log,
  });
  closers.push(() => notifier.close());
  closers.push(queue.onCommit(({ notifications }) => notifications && notifier.wake()));
  settings.onChange(({ notify }) => {
    queue.configure({ notify: notify.length > 0 });
    void notifier.retarget(notify);
  });
  settings.follow();
  closers.push(() => settings.close());
  if (queue.unclean) void queue.check().catch((err) => log.error({ event: 'database_damaged', err }));
  await tellReady(executor.shim.file, env, log);
  log.info({ event: 'ready', version: VERSION, pid: process.pid, socket: places.socket });
  return { socket: places.socket, log: opened.where, ended };
}
