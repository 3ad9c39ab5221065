import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Notification } from '../store/stored.js';
import { runCommand } from './command.js';
import type { Outbox } from './outbox.js';
import { givesUp, type Patience, retryAfter } from './patience.js';
import { showTarget, type Target, wants } from './target.js';
import { post } from './webhook.js';

/** Rows in memory at a time. */
const PAGE = 50;

export interface Courier {
  /** The newest row it is done with, durably or not. */
  readonly doneTo: number;
  /** There may be new rows. */
  wake(): void;
  /** Resolves once nothing of it is under way; what was not confirmed will be told again. */
  close(): Promise<void>;
}

export interface CourierPorts {
  outbox: Pick<Outbox, 'after'>;
  clock: Clock;
  log: Log;
  patience: Patience;
  /** Notes down that it is done with the rows up to `id`; `told`: and that it must not hear that one again. */
  settle(id: number, told: boolean): Promise<unknown>;
}

/** Tells one target everything it wants after row `from`, in order, each until the target has confirmed it. */
export function startCourier(target: Target, from: number, ports: CourierPorts): Courier {
  const { outbox, clock, log, patience, settle } = ports;
  const closing = new AbortController();
  let doneTo = from;
  let failures = 0;
  let failingSince = 0;
  let wake = (): void => undefined;
  // Not before the caller has it: what it settles concerns the others, too.
  const over = Promise.resolve().then(run);

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const rows = outbox.after(doneTo, PAGE);
      for (const { id, payload } of rows) {
        const wanted = wants(target, payload.event);
        if (wanted && !(await tell(id, payload))) return;
        doneTo = id;
        await settle(id, wanted).catch(unrecorded);
      }
      if (rows.length === 0) await sleep(null);
    }
  }

  /** @returns false when closed before it was told. */
  async function tell(id: number, payload: Notification): Promise<boolean> {
    for (;;) {
      const failure = await deliver(target, payload, patience, closing.signal);
      if (failure === null) {
        if (failures > 0) log.info({ event: 'notify_recovered', target: showTarget(target), failures });
        failures = 0;
        return true;
      }
      if (closing.signal.aborted) return false;
      const now = clock.now();
      if (++failures === 1) {
        failingSince = now;
        log.warn({ event: 'notify_failing', target: showTarget(target), failure });
      }
      if (givesUp(now, payload.at, failingSince, patience)) {
        log.warn({ event: 'notify_given_up', target: showTarget(target), notification: id, failure });
        return true;
      }
      await sleep(now + retryAfter(failures, patience));
      if (closing.signal.aborted) return false;
    }
  }

  /** Until `at`, or where that is null until woken; a close ends both. */
  function sleep(at: number | null): Promise<void> {
    const { signal } = closing;
    return new Promise((resolve) => {
      const done = (): void => {
        forget();
        signal.removeEventListener('abort', done);
        resolve();
      };
      let forget = (): void => undefined;
      if (at === null) wake = done;
      else forget = clock.at(at, done);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Told, but not noted down: it goes on, and at worst the target hears it again. */
  const unrecorded = (cause: unknown): void =>
    log.warn({ event: 'notify_unrecorded', target: showTarget(target), err: cause });

  return {
    get doneTo() {
      return doneTo;
    },
    wake: () => wake(),
    close() {
      closing.abort();
      return over;
    },
  };
}

const deliver = (
  target: Target,
  payload: Notification,
  patience: Patience,
  closing: AbortSignal,
): Promise<string | null> =>
  (target.command === undefined
    ? post(target.url, payload, patience.webhookMs, closing)
    : runCommand(target.command, payload, patience.commandMs, closing)
  ).catch((cause: unknown) => String(cause));
