import { failpoint } from '../failpoint.js';
import { IllegalTransition } from '../run/lifecycle.js';
import type { Ballast } from '../store/ballast.js';
import type { Connection } from '../store/connection.js';
import { type StorageFailure, storageFailure } from '../store/failure.js';
import { apply, nothingTouched, type Touched } from './apply.js';
import type { Batch, Command, Result } from './commands.js';
import { housekeeping } from './housekeeping.js';
import type { Answer, Posted } from './messages.js';
import { Refusal, refused, wrongState } from './refusal.js';
import type { Savepoint } from './savepoint.js';
import { settleSweeps } from './settle.js';
import type { Tables } from './tables.js';

export interface Committing {
  db: Connection;
  tables: Tables;
  savepoint: Savepoint;
  /** Rows written through this connection so far. */
  written: () => number;
  /** Moves the WAL's content into the database as far as the disk allows: the WAL's space is used again. */
  checkpoint: () => void;
  ballast: Ballast;
  notify: boolean;
  keepEvents: number;
}

export interface Committed {
  answers: Answer[];
  touched: Touched;
}

/**
 * Everything that waits, in one transaction and one fsync. What the disk refuses is answered as refused:
 * on a full one the ends of runs are tried again alone, in the WAL's own space, then with the ballast's.
 * Throws for a damaged database and for bugs of the queue itself.
 */
export function commit(on: Committing, posted: Posted[]): Committed {
  const [open, shut] = split(posted, (batch) => !submits(batch) || on.ballast.restore());
  const done = attempt(on, open);
  if (done.failure === null) return answered(done, shut, 'full');
  if (done.failure === 'failed') return answered(nothing, posted, 'failed');

  const [ends, others] = split(open, records);
  let again = attempt(on, ends);
  for (const makeRoom of [() => undefined, on.ballast.giveUp]) {
    if (again.failure !== 'full') break;
    makeRoom();
    on.checkpoint();
    again = attempt(on, ends);
  }
  if (again.failure === null) return answered(again, [...others, ...shut], 'full');
  return answered(nothing, posted, again.failure);
}

/** New runs need room that the ends of the old ones may need. */
const submits = ({ commands }: Batch): boolean =>
  commands.some((command) => command.do === 'submit' || command.do === 'submitSweep');

/** Whether a batch only records what has happened already. */
const records = ({ commands }: Batch): boolean => commands.every(happened);

function happened(command: Command): boolean {
  if (command.do === 'told' || command.do === 'forgetNotifications') return true;
  if (command.do !== 'transition') return false;
  const { kind } = command.event;
  return kind === 'ended' || kind === 'spawned' || kind === 'stopRequested';
}

type Attempted = (Committed & { failure: null }) | { failure: Exclude<StorageFailure, 'damaged'> };

function attempt(on: Committing, posted: Posted[]): Attempted {
  if (posted.length === 0) return { ...nothing, failure: null };
  try {
    return { ...transact(on, posted), failure: null };
  } catch (error) {
    const failure = storageFailure(error);
    if (failure === null || failure === 'damaged') throw error;
    return { failure };
  } finally {
    // SQLite itself takes back a transaction that met a full disk, but not always.
    if (on.db.raw.inTransaction) on.db.raw.exec('ROLLBACK');
  }
}

function transact(on: Committing, posted: Posted[]): Committed {
  const touched = nothingTouched();
  const { db, tables, keepEvents } = on;
  db.raw.exec('BEGIN IMMEDIATE');
  const before = tables.events.newestSeq();
  const answers = posted.map((one) => runBatch(on, one, touched));
  const after = tables.events.newestSeq();
  housekeeping(tables, { now: posted.at(-1)?.now ?? 0, keepEvents, before, after });
  failpoint('beforeCommit');
  db.raw.exec('COMMIT');
  failpoint('afterCommit');
  return { answers, touched };
}

/** A bug in one batch takes back that batch alone. */
function runBatch(on: Committing, { ticket, now, batch }: Posted, touched: Touched): Answer {
  const mine = nothingTouched();
  try {
    const results = on.savepoint(() => runCommands(on, now, batch, mine));
    add(touched, mine);
    return { ticket, results };
  } catch (error) {
    if (storageFailure(error) !== null) throw error;
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    return { ticket, bug: { message, stack } };
  }
}

function runCommands(
  on: Committing,
  now: number,
  { requestId, commands }: Batch,
  touched: Touched,
): Result[] {
  const { requests } = on.tables;
  const first = requestId === null ? null : requests.find(requestId);
  if (first !== null) return JSON.parse(first);
  const results = commands.map((command) => {
    const written = on.written();
    try {
      return apply({ tables: on.tables, now, notify: on.notify, touched }, command);
    } catch (error) {
      const refusal = error instanceof IllegalTransition ? wrongState(error) : error;
      if (!(refusal instanceof Refusal)) throw error;
      // Refusals come before the first write, which saves a savepoint for each of a thousand submissions.
      if (on.written() !== written) throw new Error(`${command.do} was refused half done`, { cause: error });
      return refused('runId' in command ? command.runId : null, refusal);
    }
  });
  settleSweeps({ tables: on.tables, now, notify: on.notify, touched });
  if (requestId !== null && results.every(final)) requests.keep(requestId, now, JSON.stringify(results));
  return results;
}

/** Whether a repeat of the request may be told the same. */
const final = (result: Result): boolean =>
  result.ok || (result.code !== 'storage_full' && result.code !== 'storage_failed');

const nothing: Committed = { answers: [], touched: nothingTouched() };

function answered({ answers, touched }: Committed, left: Posted[], failure: 'full' | 'failed'): Committed {
  return { answers: [...answers, ...left.map((one) => notStored(one, failure))], touched };
}

function notStored({ ticket, batch }: Posted, failure: 'full' | 'failed'): Answer {
  const refusal =
    failure === 'full'
      ? new Refusal(
          'storage_full',
          'the disk of the state directory is full',
          'free some space and try again',
        )
      : new Refusal(
          'storage_failed',
          'the database could not be written',
          'look at the disk (dmesg), then try again',
        );
  return {
    ticket,
    results: batch.commands.map((command) => refused('runId' in command ? command.runId : null, refusal)),
  };
}

function split(posted: Posted[], test: (batch: Batch) => boolean): [yes: Posted[], no: Posted[]] {
  const yes: Posted[] = [];
  const no: Posted[] = [];
  for (const one of posted) (test(one.batch) ? yes : no).push(one);
  return [yes, no];
}

function add(to: Touched, from: Touched): void {
  for (const id of from.changed) to.changed.add(id);
  for (const id of from.removed) {
    to.changed.delete(id);
    to.removed.add(id);
  }
  to.notifications ||= from.notifications;
  to.settings ||= from.settings;
}
