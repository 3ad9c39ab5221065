import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { type Courier, startCourier } from './courier.js';
import type { Outbox } from './outbox.js';
import { PATIENCE, type Patience } from './patience.js';
import { type Target, targetKey } from './target.js';

export interface Notifier {
  /** Notifications were committed. */
  wake(): void;
  /** From now on these are told; what the others have not heard they never will. */
  retarget(targets: readonly Target[]): Promise<void>;
  close(): Promise<void>;
}

interface Ports {
  outbox: Outbox;
  clock: Clock;
  log: Log;
  patience?: Patience;
}

/**
 * Tells targets of what happened: at least once each, also over a kill -9 of the daemon, in order for each
 * target, and none waits for another. Rows are forgotten when every target is done with them.
 */
export function startNotifier(targets: readonly Target[], { outbox, ...ports }: Ports): Notifier {
  let couriers: Courier[] = [];

  function send(to: readonly Target[]): void {
    // The same target twice is one.
    const distinct = new Map(to.map((target) => [targetKey(target), target]));
    couriers = [...distinct].map(([key, target]) =>
      startCourier(target, outbox.cursor(key), {
        outbox,
        patience: PATIENCE,
        ...ports,
        settle: (id, told) => settle(key, id, told),
      }),
    );
    if (to.length === 0) forgetAll();
  }

  /** One write: either nobody needs the row any more, or this target is marked as ahead of the others. */
  async function settle(key: string, id: number, told: boolean): Promise<void> {
    const everyone = Math.min(...couriers.map(({ doneTo }) => doneTo));
    if (everyone >= id) await outbox.forget(everyone);
    else if (told) await outbox.advance(key, id);
  }

  function forgetAll(): void {
    if (outbox.after(0, 1).length > 0)
      outbox
        .forget(Number.MAX_SAFE_INTEGER)
        .catch((cause: unknown) => ports.log.warn({ event: 'notify_unrecorded', err: cause }));
  }

  async function close(): Promise<void> {
    await Promise.all(couriers.map((courier) => courier.close()));
  }

  send(targets);
  return {
    wake() {
      for (const courier of couriers) courier.wake();
    },
    async retarget(to) {
      await close();
      send(to);
    },
    close,
  };
}
