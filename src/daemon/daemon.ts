import { VERSION } from '../protocol.js';
import { fromSystem } from './guard/system-error.js';
import { startNotifier } from './notify/notifier.js';
import { tellReady } from './readiness.js';
import { partWithRuns } from './supervisor/parting.js';
import { outbox } from './wiring/adapters.js';
import { type Closers, type Core, type Given, openCore } from './wiring/core.js';
import { serve } from './wiring/service.js';
import { startWork } from './wiring/work.js';

export interface Daemon {
  socket: string;
  /** Where it logs, for people. */
  log: string;
  /** Resolves when it was asked to end, or when it cannot go on. */
  ended: Promise<'asked' | 'failed'>;
  /** Stops in reverse; runs go on. */
  close(): Promise<void>;
}

/** Starts everything in order. Rejects with UserError, and then nothing is left open. */
export async function startDaemon(given: Given): Promise<Daemon> {
  const closers: Closers = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await start(given, closers)), close };
  } catch (error) {
    await close();
    throw fromSystem(error) ?? error;
  }
}

async function start(given: Given, closers: Closers): Promise<Omit<Daemon, 'close'>> {
  let end: (why: 'asked' | 'failed') => void = () => {};
  const ended = new Promise<'asked' | 'failed'>((resolve) => {
    end = resolve;
  });
  closers.push(() => partWithRuns(given.places.state, given.env)); // the first to be pushed ends last
  const core = await openCore(given, closers, end);
  const work = await startWork(core, closers);
  await serve(core, work, closers, end);
  startAside(core, closers);
  const { log, logFile, places } = core;
  await tellReady(work.executor.shim.file, given.env, log);
  log.info({ event: 'ready', version: VERSION, pid: process.pid, socket: places.socket });
  return { socket: places.socket, log: logFile, ended };
}

/** What can wait until the daemon answers: deliveries, changes of settings, a check after a crash. */
function startAside({ settings, reader, queue, clock, log }: Core, closers: Closers): void {
  const notifier = startNotifier(settings.now.notify, { outbox: outbox(reader, queue), clock, log });
  closers.push(() => notifier.close());
  closers.push(queue.onCommit(({ notifications }) => notifications && notifier.wake()));
  settings.onChange(({ notify }) => {
    queue.configure({ notify: notify.length > 0 });
    void notifier.retarget(notify);
  });
  settings.follow();
  closers.push(() => settings.close());
  if (queue.unclean) void queue.check().catch((err) => log.error({ event: 'database_damaged', err }));
}
