import { LogStream, LogsService } from '../../gen/expd/v1/logs.js';
import { toggle, whole } from '../arguments.js';
import { type Followed, follow, READER_GONE } from '../follow.js';
import { isHere, LocalLog } from '../local-log.js';
import { type LogSink, logSink } from '../render/log-sink.js';
import { type Context, verb } from '../verb.js';

const MOST = 1_000_000_000;

export const logs = verb({
  name: 'logs',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'what a run printed; with -f until it ends, with its exit code',
  flags: {
    follow: toggle('go on until the run ends; waits while it is queued', 'f'),
    lines: whole('N', 'only the last N lines', 0, MOST, 'n'),
    attempt: whole('K', 'of this attempt; the newest when left out', 1, MOST),
    err: toggle('standard error, of a run submitted with --split'),
    raw: toggle('every byte as it is, also to a terminal'),
  },
  examples: [
    ['expctl logs 7', 'the log of the newest attempt of run 7'],
    ['expctl logs -f @', 'follow the newest run; Ctrl-C detaches, the run goes on'],
    ['expctl logs -n 50 --attempt 1 7', 'the last 50 lines of its first attempt'],
  ],
  passesOn: (flags) => flags.has('follow'),
  async run(context, { flags, operands }) {
    const what: Followed = {
      run: operands[0]!,
      attempt: flags.attempt ?? 0,
      tailLines: flags.lines ?? null,
      errorStream: flags.err,
    };
    const sink = logSink(context.screen, { json: context.json, raw: flags.raw, live: flags.follow });
    return flags.follow ? follow(context, what, sink) : read(context, what, sink);
  },
});

async function read({ daemon, screen }: Context, what: Followed, sink: LogSink): Promise<number> {
  const request = {
    run: what.run,
    attempt: what.attempt,
    offset: 0,
    tailLines: what.tailLines ?? undefined,
    stream: what.errorStream ? LogStream.LOG_STREAM_ERROR : LogStream.LOG_STREAM_UNSPECIFIED,
  };
  const { place } = await daemon.call(LogsService.read, { ...request, places: true });
  if (place !== undefined && isHere(place)) {
    const log = await LocalLog.open(place, { offset: 0, tailLines: what.tailLines });
    log.complete(); // what is there now is all that is asked for
    await log.show(sink, screen.closed);
  } else {
    for await (const { chunk } of daemon.stream(LogsService.read, request)) {
      if (chunk !== undefined) await sink.chunk(chunk);
      if (screen.closed()) break;
    }
  }
  if (screen.closed()) return READER_GONE;
  await sink.end();
  return 0;
}
