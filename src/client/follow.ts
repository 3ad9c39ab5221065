import { type FollowResponse, type LogPlace, LogStream, LogsService } from '../gen/expd/v1/logs.js';
import { type Run, RunState } from '../gen/expd/v1/runs.js';
import { OWN_ERROR } from './errors.js';
import { detachable } from './interrupt.js';
import { isHere, LocalLog } from './local-log.js';
import type { LogSink } from './render/log-sink.js';
import { plain } from './render/plain.js';
import { stateWord } from './render/run.js';
import { ConnectionLost } from './transport.js';
import type { Context } from './verb.js';

export interface Followed {
  run: string;
  /** 0: the newest, or the first that will be. */
  attempt: number;
  tailLines: number | null;
  errorStream: boolean;
}

/** As `head` ends a pipeline: 128 + SIGPIPE. */
export const READER_GONE = 141;

/**
 * Shows what a run prints until it is over, over its attempts and over restarts of the daemon. Resolves to the run's
 * exit code. The daemon says where the logs lie and when they are complete; they are read here. What cannot be seen
 * from here it sends, and after a lost connection goes on where the last chunk ended.
 */
export async function follow(context: Context, what: Followed, sink: LogSink): Promise<number> {
  const { daemon, screen } = context;
  const position = { ...what, offset: 0, places: true };
  let log: LocalLog | null = null;
  let shown = Promise.resolve(true);
  let last: Run | null = null;
  let away = false;
  const parting = (): string => (last === null ? 'not followed any more' : goesOn([String(last.id)]));

  const take = async ({ part }: FollowResponse): Promise<void> => {
    if (away) screen.note('the daemon is back');
    away = false;
    if (part?.$case === 'run') {
      tellState(context, last, part.value);
      last = part.value;
      // `@` or a name may mean another run by the time that the connection is made again.
      position.run = String(last.id);
      sink.state(last);
    } else if (part?.$case === 'chunk') {
      const { attempt, offset, data } = part.value;
      Object.assign(position, { attempt, offset: offset + data.length, tailLines: null });
      await sink.chunk(part.value);
    } else if (part?.$case === 'place') {
      position.places = await read(part.value);
    }
  };

  /** False: it cannot be read from here. The same place is told again after a lost connection. */
  const read = async (place: LogPlace): Promise<boolean> => {
    if (log?.attempt !== place.attempt) {
      if (log !== null) Object.assign(position, { offset: 0, tailLines: null });
      position.attempt = place.attempt;
      if (!isHere(place)) return false;
      log = await LocalLog.open(place, position);
      shown = log.show(sink, screen.closed);
    }
    if (!place.complete) return true;
    log.complete();
    return shown;
  };

  /** Whoever reads our output has left; rejects when it cannot be written. */
  const left = (): Promise<typeof END> => shown.then(() => (screen.closed() ? END : NEVER));

  /** Whether there is nothing more to hear; otherwise it is to be asked for the bytes. */
  const listen = async (): Promise<boolean> => {
    const { places } = position;
    const answers = daemon.stream(LogsService.follow, request(position));
    while (position.places === places) {
      const answer = await Promise.race([answers.next(), left()]);
      if (answer.done || screen.closed()) return true;
      await take(answer.value);
    }
    await answers.return();
    return false;
  };

  return detachable(screen, parting, async () => {
    for (;;) {
      try {
        if (!(await listen())) continue;
        if (screen.closed()) return READER_GONE;
        await sink.end();
        return last?.resultCode ?? OWN_ERROR;
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        if (!away) screen.note('the daemon went away; waiting until it is back (Ctrl-C detaches)');
        away = true;
        await Promise.race([daemon.reached(), left()]);
        if (screen.closed()) return READER_GONE;
      }
    }
  });
}

const END = { done: true, value: undefined } as const;
const NEVER = new Promise<typeof END>(() => {});

/** `names`: as people type them, `7` or `s4`. */
export const goesOn = (names: readonly string[]): string =>
  names.length === 1
    ? `${/^s/.test(names[0]!) ? 'sweep' : 'run'} ${names[0]} goes on; expctl cancel ${names[0]}`
    : `${names.join(', ')} go on; expctl cancel ${names.join(',')}`;

/** Over in a moment, and no news to who has just been told that the run is queued. */
export const PASSING: ReadonlySet<string> = new Set(['', 'next', 'code_state']);

/** Waiting without a word looks like hanging. */
export function tellState({ screen }: Context, before: Run | null, run: Run): void {
  if (run.state !== RunState.RUN_STATE_HELD && run.state !== RunState.RUN_STATE_QUEUED) return;
  if (before?.state === run.state && before.reason?.text === run.reason?.text) return;
  const { code = '', text = '' } = run.reason ?? {};
  if (PASSING.has(code)) return;
  const hint = run.state === RunState.RUN_STATE_HELD ? `; expctl release ${run.id}` : '';
  screen.note(`run ${run.id} is ${stateWord(run.state)}: ${plain(text)}${hint}`);
}

const request = (at: Followed & { offset: number; places: boolean }) => ({
  run: at.run,
  attempt: at.attempt,
  offset: at.offset,
  tailLines: at.tailLines ?? undefined,
  stream: at.errorStream ? LogStream.LOG_STREAM_ERROR : LogStream.LOG_STREAM_UNSPECIFIED,
  places: at.places,
});
