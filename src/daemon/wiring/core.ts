import { rmSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { PACKAGE_ROOT } from '../../install.js';
import { type Places, stopMarker } from '../../places.js';
import { Inspector } from '../checkpoints/inspector.js';
import { systemClock } from '../clock.js';
import { Composer } from '../compose/composer.js';
import { guardPlaces } from '../guard/guard.js';
import { openLog } from '../log.js';
import type { Loaded } from '../options.js';
import { openQueue } from '../queue/queue.js';
import type { Submission } from '../run/submission.js';
import { Chronicle } from '../rundir/chronicle.js';
import { configurationStore } from '../rundir/configurations.js';
import { daemonId } from '../rundir/daemon-id.js';
import { diffStore } from '../rundir/diffs.js';
import { environmentStore } from '../rundir/environment.js';
import { readLayouts } from '../rundir/layouts.js';
import { Scribe } from '../rundir/scribe.js';
import { SweepDirectories } from '../rundir/sweep-directories.js';
import { SweepIndex } from '../rundir/sweep-index.js';
import { Writers } from '../rundir/writers.js';
import { takeLock } from '../store/lock.js';
import { openReader } from '../store/reader.js';
import { installShim, shimCandidates } from '../supervisor/shim.js';
import { CurrentSettings } from './current.js';

export interface Given {
  places: Places;
  loaded: Loaded;
  flags: Readonly<Record<string, string>>;
  env: NodeJS.ProcessEnv;
  /** A thread of dist/writer.cjs that waits for its task. */
  writer: Worker;
}

/** How the daemon's life ends: somebody asked, or it cannot go on. */
export type End = (why: 'asked' | 'failed') => void;

/** Whatever was opened registers here how it is closed again. */
export type Closers = (() => unknown)[];

export type Core = Awaited<ReturnType<typeof openCore>>;

/** What lasts: the state directory, ours alone, with the database and what lies beside it. */
export async function openCore({ places, loaded, flags, env, writer }: Given, closers: Closers, end: End) {
  await guardPlaces(places);
  const lock = takeLock(places.state);
  closers.push(() => lock.release());
  // Whoever starts it takes back an explicit stop, or a crash would look like one.
  rmSync(stopMarker(places.state), { force: true });
  const opened = openLog(places.state, loaded.settings.logLevel, env);
  const { log } = opened;
  closers.push(opened.close);
  // Its thread opens the database while everything else is made ready.
  const opening = openQueue({
    stateDir: places.state,
    workerFile: join(PACKAGE_ROOT, 'dist/writer.cjs'),
    thread: writer,
    notify: loaded.settings.notify.length > 0,
    onFailure(err) {
      log.fatal({ event: 'writer_failed', err });
      end('failed');
    },
  });
  closers.push(() =>
    opening.then(
      (queue) => queue.close(),
      () => {},
    ),
  );
  opening.catch(() => {}); // told where it is waited for
  const layouts = readLayouts(join(PACKAGE_ROOT, 'conf'), [places.config]);
  const settings = new CurrentSettings(loaded, places.settings, flags, env, log, ({ layout }) =>
    layouts.known(layout),
  );
  settings.onChange(({ logLevel }) => opened.setLevel(logLevel));

  const shim = installShim(shimCandidates(PACKAGE_ROOT), places.state);
  shim.catch(() => {}); // told where it is waited for
  const program = shim.then(({ file }) => file);
  program.catch(() => {});
  const scribe = new Scribe(program);
  closers.push(() => scribe.close());
  const queue = await opening;
  const reader = openReader(places.state);
  closers.push(() => reader.close());
  const submission = (runId: number): Submission | null => {
    const stored = reader.submission(runId);
    return stored.ok ? stored.submission : null;
  };
  const clock = systemClock;
  const environments = environmentStore(places.state);
  const configurations = configurationStore(places.state);
  const diffs = diffStore(places.state);
  const composer = new Composer(join(PACKAGE_ROOT, 'dist/composer.cjs'));
  closers.push(() => composer.close());
  const inspector = new Inspector(join(PACKAGE_ROOT, 'dist/inspector.cjs'));
  closers.push(() => inspector.close());
  const sweepIndex = new SweepIndex({ clock, log, scribe, sweep: reader.sweep, jobsOf: reader.jobsOf });
  closers.push(() => sweepIndex.close());
  const daemon = { daemon: await daemonId(places.state), host: hostname(), user: userName() };
  return {
    places,
    env,
    clock,
    log,
    logFile: opened.where,
    settings,
    queue,
    reader,
    submission,
    environments,
    configurations,
    diffs,
    shim,
    scribe,
    layouts,
    composer,
    writers: new Writers({ state: places.state, scribe, log, daemon }),
    inspect: inspector.inspect,
    sweeps: new SweepDirectories(scribe, configurations),
    chronicle: new Chronicle({
      clock,
      log,
      scribe,
      environments,
      diffs,
      sweepIndex,
      submission,
      code: reader.code,
    }),
  };
}

/** The number where the system knows no name, as in many containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid!());
  }
}
