import { type FollowMetricsResponse, MetricsService } from '../../gen/expd/v1/metrics.js';
import { RunsService } from '../../gen/expd/v1/runs.js';
import { list, toggle, whole } from '../arguments.js';
import { moments, query, readCurves } from '../curves.js';
import { READER_GONE } from '../follow.js';
import { detachable } from '../interrupt.js';
import { metricsFound, momentJson, momentLine, pointsFound } from '../render/metrics.js';
import { jsonLine } from '../render/output.js';
import { ConnectionLost } from '../transport.js';
import { type Context, verb } from '../verb.js';

const MOST = Number.MAX_SAFE_INTEGER;
/** Of what is there already, when it is followed. */
const BEFORE = 10;

export const metrics = verb({
  name: 'metrics',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'what a run logs: last, lowest and highest of each metric, all points of some, or as it comes',
  flags: {
    follow: toggle('print points as they come, until the run ends', 'f'),
    key: list('KEY', 'the points of this metric; may be repeated; * stands for anything'),
    'from-step': whole('STEP', 'only from this step on', 0, MOST),
    'to-step': whole('STEP', 'only up to this step', 0, MOST),
    points: whole(
      'N',
      'at most N points of each, chosen so that the curve looks the same',
      1,
      10_000_000,
      'n',
    ),
  },
  examples: [
    ['expctl metrics 7', 'how each metric of run 7 stands'],
    ['expctl metrics -f 7', 'points as they come; Ctrl-C detaches, the run goes on'],
    ["expctl metrics 7 --key 'val/*' --json", 'all points of some metrics, for a program'],
  ],
  async run(context, { operands: [run = ''], flags }) {
    const asked = query(run, flags.key, {
      ...(flags['from-step'] !== undefined && { fromStep: flags['from-step'] }),
      ...(flags['to-step'] !== undefined && { toStep: flags['to-step'] }),
      maxPoints: flags.points ?? 0,
    });
    if (flags.follow) return follow(context, { ...asked, maxPoints: flags.points ?? BEFORE });
    if (flags.key.length > 0) return pointsFound(await readCurves(context.daemon, asked), flags.key);
    const found = await context.daemon.call(RunsService.get, { run, logLines: 0 });
    return metricsFound(found);
  },
});

/** Over restarts of the daemon: then what is later than what was printed. */
async function follow(context: Context, asked: ReturnType<typeof query>): Promise<number> {
  const { daemon, screen } = context;
  const parting = (): string => `not followed any more; expctl metrics -f ${asked.run} goes on`;
  const position = { ...asked };
  const last = new Map<string, number>();
  let away = false;
  return detachable(screen, parting, async () => {
    for (;;)
      try {
        for await (const answer of daemon.stream(MetricsService.follow, { query: position })) {
          await print(context, away ? withRewind(answer, last) : answer);
          if (screen.closed()) return READER_GONE;
          for (const { key, steps, times } of answer.series) {
            last.set(key, steps.at(-1) ?? -1);
            for (const at of times) position.from = Math.max(position.from ?? 0, at + INSTANT_S);
          }
          away &&= answer.series.length === 0;
        }
        return 0;
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        screen.note('the daemon went away; waiting until it is back (Ctrl-C detaches)');
        position.maxPoints = 0;
        away = true;
        await daemon.reached();
      }
  });
}

/** Nobody was told where the run went back while the daemon was away. `last`: step that was printed, by metric. */
function withRewind(answer: FollowMetricsResponse, last: ReadonlyMap<string, number>): FollowMetricsResponse {
  const again = answer.series.flatMap(({ key, steps }) =>
    steps.filter((step) => step <= (last.get(key) ?? -1)),
  );
  if (again.length === 0 || answer.rewinds.length > 0) return answer;
  const step = again.reduce((least, one) => Math.min(least, one));
  return { ...answer, rewinds: [{ step, keys: answer.series.map(({ key }) => key) }] };
}

/** Less than lies between two points. */
const INSTANT_S = 1e-6;

async function print({ screen, json }: Context, answer: FollowMetricsResponse): Promise<void> {
  const { style } = screen;
  for (const { step } of answer.rewinds)
    await screen.write(
      json
        ? jsonLine({ type: 'rewind', step })
        : `${style.paint('yellow', `the run goes on at step ${step}`)}\n`,
    );
  for (const moment of moments(answer))
    await screen.write(json ? jsonLine(momentJson(moment)) : `${momentLine(moment, style)}\n`);
}
