import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { UserError } from '../errors.js';
import { type Ballast, ballast } from '../store/ballast.js';
import { type Connection, openForWriting } from '../store/connection.js';
import { markDamage } from '../store/damage.js';
import { isDamage, storageFailure } from '../store/failure.js';
import { statement } from '../store/statement.js';
import type { Touched } from './apply.js';
import { backup, check } from './chores.js';
import type { Command } from './commands.js';
import { type Committing, commit } from './commit.js';
import type { FromWriter, Posted, Task, ToWriter } from './messages.js';
import { rowsWritten, savepoints } from './savepoint.js';
import { tables } from './tables.js';

/** More commands than this wait for the next transaction: an end shall not wait for ten thousand submissions. */
const COMMANDS_A_COMMIT = 1000;
/** Rows written between two checkpoints; about a thousand pages of WAL. */
const ROWS_A_CHECKPOINT = 1000;
/** What waits to be committed comes before a checkpoint, but not for ever. */
const MOST_ROWS_A_CHECKPOINT = 5_000;

/** The entry of the writer thread, and of the threads for long readings (chores.ts). */
function main(port: MessagePort, task: Task): void {
  switch (task.task) {
    case 'write':
      told(port, () => write(port, task));
      return;
    case 'check':
      told(port, () => check(task.stateDir));
      return;
    case 'backup':
      told(port, () => backup(task.stateDir, task.to));
      return;
  }
  task satisfies never;
}

/** What a user can act on crosses as a message, everything else ends the thread with its stack. */
function told(port: MessagePort, run: () => FromWriter): void {
  try {
    port.postMessage(run());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    port.postMessage({ say: 'refused', error: { code, message, hint } } satisfies FromWriter);
  }
}

function write(port: MessagePort, task: Extract<Task, { task: 'write' }>): FromWriter {
  const { stateDir, notify, keepEvents } = task;
  const reserve = ballast(stateDir, task.ballastBytes);
  const { connection: db, unclean } = openWith(stateDir, reserve);
  const on: Committing = {
    db,
    tables: tables(db),
    savepoint: savepoints(db),
    written: rowsWritten(db),
    checkpoint: checkpoints(db),
    ballast: reserve,
    notify,
    keepEvents,
  };
  reserve.restore();
  const say = (message: FromWriter): void => port.postMessage(message);
  let checkpointed = on.written();
  let resting: NodeJS.Immediate | null = null;
  const checkpoint = (): void => {
    if (resting !== null) clearImmediate(resting);
    resting = null;
    on.checkpoint();
    checkpointed = on.written();
  };

  const work = (posted: Posted[]): void => {
    const { answers, touched } = commit(on, posted);
    say({ say: 'answers', answers });
    if (isTouched(touched)) say({ say: 'committed', committed: committed(on, touched) });
    const rows = on.written() - checkpointed;
    // Without a reserve at once, or the WAL eats what is left.
    if (!reserve.there || rows >= MOST_ROWS_A_CHECKPOINT) checkpoint();
    else if (rows >= ROWS_A_CHECKPOINT) resting ??= setImmediate(() => watched(stateDir, checkpoint));
  };

  port.on('message', (first: ToWriter) => {
    for (const turn of gathered(first, () => receiveMessageOnPort(port)?.message)) {
      switch (turn.say) {
        case 'batches':
          watched(stateDir, () => work(turn.posted));
          break;
        case 'configure':
          on.notify = turn.notify;
          break;
        case 'close':
          if (resting !== null) clearImmediate(resting);
          db.raw.close();
          say({ say: 'closed' });
          port.close();
          return;
        default:
          turn satisfies never;
      }
    }
  });
  return { say: 'open', unclean };
}

/** Damage ends the writer, and is remembered for the next start. SQLite's errors do not cross a thread. */
function watched(stateDir: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    if (isDamage(error)) markDamage(stateDir, message);
    throw Object.assign(new Error(message), { stack });
  }
}

/** A daemon that starts on a full disk must still learn how its runs ended. */
function openWith(stateDir: string, reserve: Ballast): ReturnType<typeof openForWriting> {
  try {
    return openForWriting(stateDir);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'storage_full' || !reserve.giveUp()) throw error;
    return openForWriting(stateDir);
  }
}

/** Everything that waits now, batches joined as far as a commit reaches; the order stays. */
function* gathered(first: ToWriter, receive: () => ToWriter | undefined): Generator<ToWriter> {
  let posted: Posted[] = [];
  let commands = 0;
  for (let message: ToWriter | undefined = first; message !== undefined; message = receive()) {
    if (message.say === 'batches') {
      posted.push(...message.posted);
      for (const { batch } of message.posted)
        for (const command of batch.commands) commands += weight(command);
      if (commands < COMMANDS_A_COMMIT) continue;
    }
    if (posted.length > 0) yield { say: 'batches', posted };
    posted = [];
    commands = 0;
    if (message.say !== 'batches') yield message;
  }
  if (posted.length > 0) yield { say: 'batches', posted };
}

const weight = (command: Command): number => (command.do === 'submitSweep' ? command.jobs.length : 1);

const isTouched = ({ changed, removed, notifications, settings }: Touched): boolean =>
  changed.size > 0 || removed.size > 0 || notifications || settings;

function committed({ tables: { runs, events } }: Committing, touched: Touched) {
  const { changed, removed, notifications, settings } = touched;
  return {
    seq: events.newestSeq(),
    changed: [...changed].map(runs.find).filter((run) => run !== null),
    removed: [...removed],
    notifications,
    settings,
  };
}

/** A disk that takes nothing leaves everything in the WAL, where it is safe. */
function checkpoints(db: Connection): () => void {
  const checkpoint = statement<[], unknown>(db, 'PRAGMA wal_checkpoint(PASSIVE)');
  return () => {
    try {
      checkpoint.get();
    } catch (error) {
      const failure = storageFailure(error);
      if (failure === null || failure === 'damaged') throw error;
    }
  };
}

// Last, when everything above is defined.
const port = parentPort;
if (port !== null && workerData) main(port, workerData);
// Started ahead of its task.
else port?.once('message', (task: Task) => main(port, task));
