import { join } from 'node:path';
import { PACKAGE_ROOT } from '../install.js';
import type { Places } from '../places.js';
import { systemClock } from './clock.js';
import { guardPlaces } from './guard/guard.js';
import { openLog } from './log.js';
import type { Origin, Settings } from './options.js';
import { openQueue } from './queue/queue.js';
import { tooLittleRoom } from './room.js';
import { environmentStore } from './rundir/environment.js';
import { readLayouts } from './rundir/layouts.js';
import { Scheduler } from './scheduler/scheduler.js';
import { takeLock } from './store/lock.js';
import { openReader } from './store/reader.js';
import type { Fact } from './supervisor/executor.js';
import { readBootId } from './supervisor/identity.js';
import { openLocalExecutor } from './supervisor/local.js';
import { shimCandidates } from './supervisor/shim.js';

export interface Given {
  places: Places;
  settings: Settings;
  origins: Readonly<Record<string, Origin>>;
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
export async function startDaemon({ places, settings, env }: Given): Promise<Daemon> {
  const clock = systemClock;
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  let end: (why: 'asked' | 'failed') => void;
  const ended = new Promise<'asked' | 'failed'>((resolve) => {
    end = resolve;
  });

  try {
    await guardPlaces(places);
    const lock = takeLock(places.state);
    closers.push(() => lock.release());
    const opened = openLog(places.state, settings.logLevel, env);
    closers.push(opened.close);
    const { log } = opened;

    const queue = await openQueue({
      stateDir: places.state,
      workerFile: join(PACKAGE_ROOT, 'dist/writer.cjs'),
      notify: settings.notify.length > 0,
      onFailure(err) {
        log.fatal({ event: 'writer_failed', err });
        end('failed');
      },
    });
    closers.push(() => queue.close());
    const reader = openReader(places.state);
    closers.push(() => reader.close());

    const environments = environmentStore(places.state);
    let fact: (fact: Fact) => void = () => {};
    const executor = await openLocalExecutor({
      state: places.state,
      shims: shimCandidates(PACKAGE_ROOT),
      layouts: await readLayouts([join(PACKAGE_ROOT, 'conf/layout')]),
      environments,
      clock,
      log,
      saysDone: async () => false,
      fact: (seen) => fact(seen),
    });
    closers.push(() => executor.close());

    const scheduler = new Scheduler(
      {
        clock,
        log,
        executor,
        bootId: readBootId(),
        execute: (commands) => queue.execute({ requestId: null, commands }),
        store: { ...reader, submission: (id) => reader.submission(id) as never },
        resumePoint: async () => null,
        progressed: async () => false,
        lowDisk: async (project) =>
          (await tooLittleRoom(project, settings.lowWaterBytes)) ??
          (await tooLittleRoom(places.state, settings.lowWaterBytes)),
        finished: async () => {},
      },
      settings.slots,
    );
    fact = (seen) => scheduler.fact(seen);
    closers.push(() => scheduler.close());
    closers.push(queue.onCommit((committed) => scheduler.committed(committed)));
    scheduler.begin();

    return { socket: places.socket, log: opened.where, ended, close };
  } catch (error) {
    await close();
    throw error;
  }
}
