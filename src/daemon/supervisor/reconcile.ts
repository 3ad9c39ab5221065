import type { Ending } from '../run/outcome.js';
import type { ProcessId } from './identity.js';
import type { Exit, Started, Usage } from './records.js';

/** A record as it was found. */
export type Found<Record> = Record | 'absent' | 'unreadable';

/**
 * What was seen of an attempt. The claim is looked at first, the records after: the shim writes `exit`
 * before it lets go of the claim, so with a released claim an absent `exit` will stay absent.
 */
export interface Sight {
  /** `held`: its shim lives. `released`: no shim lives, and none will ever take it. */
  claim: 'absent' | 'held' | 'released';
  exit: Found<Exit>;
  /** How the main process ended, written when descendants outlive it. */
  main: Found<Exit>;
  started: Found<Started>;
  /** Of the attempt, and of the machine now. */
  boots: { attempt: string; now: string };
  /** What the database knows of the main process. */
  known: ProcessId | null;
}

export type Verdict =
  /** `leftover`: processes of the attempt may live and have to go first. */
  | { is: 'ended'; ending: Ending; usage: Usage | null; at: number | null; leftover: boolean }
  /** Its shim lives. */
  | { is: 'alive' }
  /** No shim has it yet: who takes the claim decides. */
  | { is: 'unclaimed' }
  /** The shim died over the living main process. */
  | { is: 'lost'; main: ProcessId };

/**
 * The reconcile table (native/PROTOCOL.md: whoever holds the claim lives; the run is executed only after `started`).
 * Pure but for `isAlive`, which is asked about the main process only where the answer matters.
 * No row rests on time that has passed.
 */
export function reconcile(sight: Sight, isAlive: (main: ProcessId) => boolean): Verdict {
  const { claim, exit, main, started, boots, known } = sight;
  if (exit !== 'absent' && exit !== 'unreadable') return exited(exit, false);
  // Liveness is physical and comes before what any identifier says: never a second start beside a living one.
  if (claim === 'held') return { is: 'alive' };
  const rebooted = boots.attempt !== boots.now;
  if (main !== 'absent' && main !== 'unreadable') return exited(main, !rebooted);
  if (rebooted) return ended({ seen: 'reboot' }, false);
  const process = typeof started === 'string' ? known : sameBoot(started, boots.now) ? started.main : null;
  if (process !== null && isAlive(process)) return { is: 'lost', main: process };
  const neverRan = started === 'absent' && exit === 'absent' && main === 'absent' && known === null;
  if (!neverRan) return ended({ seen: 'supervisorLost' }, true);
  // The gate opens only after `started` is in place: what waited at it has ended with its shim.
  return claim === 'absent' ? { is: 'unclaimed' } : ended({ seen: 'neverStarted' }, false);
}

const sameBoot = (started: Started, now: string): boolean => started.boot === null || started.boot === now;

const exited = ({ record, usage, at }: Exit, leftover: boolean): Verdict => ({
  is: 'ended',
  // Whether the run said that it is done is not the shim's to know; the scheduler fills it in.
  ending: { seen: 'exit', record, done: false },
  usage,
  at,
  leftover,
});

const ended = (ending: Ending, leftover: boolean): Verdict => ({
  is: 'ended',
  ending,
  usage: null,
  at: null,
  leftover,
});
