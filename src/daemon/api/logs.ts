import { statSync } from 'node:fs';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { Bell } from '../../bell.js';
import {
  type FollowRequest,
  type FollowResponse,
  LogStream,
  LogsService,
  type ReadRequest,
  type ReadResponse,
} from '../../gen/expd/v1/logs.js';
import { FAR_BYTES, lastLines, Tail } from '../../tail.js';
import { UserError } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import { isFinal } from '../run/run.js';
import type { Reader } from '../store/reader.js';
import type { StoredAttempt, StoredRun } from '../store/stored.js';
import type { Calls, Outgoing } from './call.js';
import { encodeChunk, HEADROOM } from './chunk.js';
import { type Lookup, selectOne } from './select.js';
import type { Served } from './server.js';
import { Told } from './told.js';
import { type Reasons, runView } from './view.js';

export interface LogsPorts {
  calls: Calls;
  reads: Lookup & Pick<Reader, 'attempts'>;
  onCommit: Queue['onCommit'];
  reasons: Reasons;
}

/** Two: one piece is read while the other travels, and a slow reader holds half a megabyte. */
const PIECES_UNDER_WAY = 2;

type Encoded<Answer> = Answer | Buffer;

export function logsService(ports: LogsPorts): Served {
  const { calls } = ports;
  const implementation = {
    read: calls.serverStream<ReadRequest, Encoded<ReadResponse>>(
      'Logs.Read',
      PIECES_UNDER_WAY,
      (request, out) => readLog(ports, request, out),
    ),
    follow: calls.serverStream<FollowRequest, Encoded<FollowResponse>>(
      'Logs.Follow',
      PIECES_UNDER_WAY,
      (request, out) => follow(ports, request, out),
    ),
  };
  return [DEFINITION, implementation];
}

/** Chunks come encoded already. */
const DEFINITION: ServiceDefinition = {
  read: {
    ...LogsService.read,
    responseSerialize: (answer: Encoded<ReadResponse>) =>
      Buffer.isBuffer(answer) ? answer : LogsService.read.responseSerialize(answer),
  },
  follow: {
    ...LogsService.follow,
    responseSerialize: (answer: Encoded<FollowResponse>) =>
      Buffer.isBuffer(answer) ? answer : LogsService.follow.responseSerialize(answer),
  },
};

async function readLog(
  { reads }: LogsPorts,
  request: ReadRequest,
  out: Outgoing<Encoded<ReadResponse>>,
): Promise<void> {
  const run = selectOne(request.run, reads);
  const number = request.attempt || run.attempt;
  if (number === 0) throw new UserError('wrong_state', `run ${run.id} has not started, so it has no log`);
  const attempt = attemptOf(reads, run, number);
  const path = logOf(run, attempt, request.stream);
  const end = sizeOf(path);
  if (end === null) throw gone(run, path);
  if (request.places)
    return out.send({ place: { attempt: number, path, complete: attempt.phase === 'ended' } });
  const tail = new Tail(path, await beginning(path, request, end), () => {});
  const pieces = new Pieces(tail, number);
  try {
    while (tail.offset < end) {
      const piece = await pieces.next(end);
      if (piece === null) return;
      await out.send(piece);
    }
  } finally {
    tail.close();
  }
}

/** Reads in turn into as many buffers as may be under way: when one is read into again it has been sent. */
class Pieces {
  readonly #spaces: Buffer[] = [];
  #turn = 0;

  constructor(
    private readonly tail: Tail,
    private readonly attempt: number,
  ) {}

  /** The next bytes before `end` as an encoded answer; null when there are none now. */
  async next(end = Infinity): Promise<Buffer | null> {
    const turn = this.#turn;
    this.#spaces[turn] ??= Buffer.allocUnsafeSlow(HEADROOM + FAR_BYTES);
    const space = this.#spaces[turn];
    const count = await this.tail.read(space, HEADROOM);
    if (count === 0) return null;
    this.#turn = (turn + 1) % PIECES_UNDER_WAY;
    // The file may have been cut meanwhile, so where the bytes began is known only now.
    const offset = this.tail.offset - count;
    return encodeChunk(space, Math.max(0, Math.min(count, end - offset)), this.attempt, offset);
  }
}

/** From attempt to attempt until the run is final. All bytes of an attempt come before the change that its end made. */
async function follow(
  ports: LogsPorts,
  request: FollowRequest,
  out: Outgoing<Encoded<FollowResponse>>,
): Promise<void> {
  const { reads, reasons, onCommit } = ports;
  const { id } = selectOne(request.run, reads);
  const bell = new Bell();
  /** Commits are rare and lines are many: the store is asked again only after a commit. */
  const news = { committed: false };
  const forget = onCommit(({ changed, removed }) => {
    if (!changed.some((run) => run.id === id) && !removed.includes(id)) return;
    news.committed = true;
    bell.ring();
  });
  const told = new Told();
  const show = async (run: StoredRun): Promise<void> => {
    const value = runView(run, reasons);
    if (told.isNew(value)) await out.send({ part: { $case: 'run', value } });
  };
  try {
    let run = current(reads, id);
    let number = request.attempt || Math.max(run.attempt, 1);
    if (number > Math.max(run.attempt, 1)) attemptOf(reads, run, number);
    let from: Position | null = request;
    for (;;) {
      if (number <= run.attempt) {
        await show(run);
        const followOne = request.places ? tellPlace : followAttempt;
        if (hasLog(attemptOf(reads, run, number))) {
          await followOne(ports, { id, number, from, stream: request.stream, bell, news, show }, out);
          from = null;
        }
        run = current(reads, id);
        number++;
        continue;
      }
      await show(run);
      if (isFinal(run.state)) return;
      await bell.wait(out.signal);
      run = current(reads, id);
    }
  } finally {
    forget();
  }
}

type Position = Pick<FollowRequest, 'offset' | 'tailLines'>;

interface Followed {
  id: number;
  number: number;
  /** Where to begin; null = at 0. */
  from: Position | null;
  stream: LogStream;
  bell: Bell;
  news: { committed: boolean };
  show(run: StoredRun): Promise<void>;
}

/** One attempt's log, until it has ended and every byte of it was sent. */
async function followAttempt(
  { reads }: LogsPorts,
  { id, number, from, stream, bell, news, show }: Followed,
  out: Outgoing<Encoded<FollowResponse>>,
): Promise<void> {
  const run = current(reads, id);
  let attempt = attemptOf(reads, run, number);
  const path = logOf(run, attempt, stream);
  const start = from === null ? 0 : await beginning(path, from, sizeOf(path) ?? 0);
  const tail = new Tail(path, start, () => bell.ring());
  const pieces = new Pieces(tail, number);
  try {
    for (;;) {
      // Looked at before reading: what was written before the end is then read after it.
      const over = attempt.phase === 'ended';
      const offset = tail.offset;
      const piece = await pieces.next();
      if (piece !== null) {
        await out.send(piece);
        if (over || !tail.sawEnd) continue;
      } else if (over) {
        if (offset === 0 && !tail.exists) throw gone(run, path);
        return;
      }
      await bell.wait(out.signal);
      if (!news.committed) continue;
      news.committed = false;
      attempt = attemptOf(reads, current(reads, id), number);
      if (attempt.phase !== 'ended') await show(current(reads, id));
    }
  } finally {
    tail.close();
  }
}

/** The same for a caller that reads the file itself. */
async function tellPlace(
  { reads }: LogsPorts,
  { id, number, stream, bell, news, show }: Followed,
  out: Outgoing<FollowResponse>,
): Promise<void> {
  for (let before = true; ; ) {
    const run = current(reads, id);
    const attempt = attemptOf(reads, run, number);
    const complete = attempt.phase === 'ended';
    const path = logOf(run, attempt, stream);
    if (before || complete)
      await out.send({ part: { $case: 'place', value: { attempt: number, path, complete } } });
    before = false;
    if (complete) return;
    await show(run);
    while (!news.committed) await bell.wait(out.signal);
    news.committed = false;
  }
}

function current(reads: LogsPorts['reads'], id: number): StoredRun {
  const run = reads.run(id);
  if (run === null) throw new UserError('not_found', `run ${id} was removed`);
  return run;
}

function attemptOf(reads: LogsPorts['reads'], run: StoredRun, number: number): StoredAttempt {
  const attempt = reads.attempts(run.id).find((one) => one.number === number);
  if (attempt !== undefined) return attempt;
  const has = run.attempt === 1 ? '1 attempt' : `${run.attempt} attempts`;
  throw new UserError('not_found', `run ${run.id} has ${has}, no attempt ${number}`);
}

/** One that could not be started has none. */
const hasLog = ({ log }: StoredAttempt): boolean => log !== '';

function logOf(run: StoredRun, attempt: StoredAttempt, stream: LogStream): string {
  if (!hasLog(attempt))
    throw new UserError(
      'not_found',
      `attempt ${attempt.number} of run ${run.id} was not started: it has no log`,
    );
  if (stream !== LogStream.LOG_STREAM_ERROR) return attempt.log;
  if (attempt.errorLog !== null) return attempt.errorLog;
  throw new UserError(
    'usage',
    `run ${run.id} writes its errors into its one log`,
    'only runs submitted with --split have two',
  );
}

async function beginning(path: string, from: Position, end: number): Promise<number> {
  if (from.tailLines === undefined) return Math.max(0, from.offset);
  return end === 0 ? 0 : await lastLines(path, from.tailLines, end);
}

const sizeOf = (path: string): number | null => statSync(path, { throwIfNoEntry: false })?.size ?? null;

const gone = (run: StoredRun, path: string): UserError =>
  new UserError('not_found', `the log of run ${run.id} is gone: ${path}`, 'somebody moved or removed it');
