import { type Configuration, type Event, type ExplainResponse, RunsService } from '../../gen/expd/v1/runs.js';
import { ClientError } from '../errors.js';
import { EVERYTHING, everyPage } from '../listing.js';
import { configurationJson, configurationLine } from '../render/configuration.js';
import { explainedSweep } from '../render/explain-sweep.js';
import { fieldLines } from '../render/fields.js';
import type { Answer, Style } from '../render/output.js';
import { plain } from '../render/plain.js';
import { reasonJson, runJson, sentence, stateWord } from '../render/run.js';
import { sweepNamed } from '../render/sweep.js';
import { isoTime, localTime } from '../render/time.js';
import { verb } from '../verb.js';

export const explain = verb({
  name: 'explain',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'why a run or the jobs of a sweep are where they are, with the history of a run',
  flags: {},
  examples: [
    ['expctl explain 7', 'what run 7 waits for, and all that happened to it'],
    ['expctl explain s4', 'what the jobs of sweep s4 wait for, and how they ended'],
  ],
  async run({ daemon }, { operands: [asked = ''] }) {
    const sweep = sweepNamed(asked);
    if (sweep !== null) return explainedSweep(await everyPage(daemon, { ...EVERYTHING, sweepId: sweep }));
    const [found, { submission }] = await Promise.all([
      daemon.call(RunsService.explain, { run: asked }),
      daemon.call(RunsService.get, { run: asked, logLines: 0 }),
    ]);
    return explained(found, submission?.configuration, asked);
  },
});

function explained(
  { run, ahead, history }: ExplainResponse,
  configuration: Configuration | undefined,
  asked: string,
): Answer {
  if (run === undefined)
    throw new ClientError('not_found', `there is no run ${asked}`, 'expctl ls -a lists all');
  return {
    json: {
      run: runJson(run),
      configuration: configurationJson(configuration),
      ahead,
      history: history.map(({ seq, atMs, kind, state, attempt, reason }) => ({
        seq,
        at: isoTime(atMs),
        kind,
        state: stateWord(state),
        attempt,
        reason: reasonJson(reason),
      })),
    },
    text: (style) => [
      sentence(run, style),
      ...(ahead > 0
        ? [`${ahead} ${ahead === 1 ? 'run starts' : 'runs start'} before it if nothing changes`]
        : []),
      ...fieldLines(
        [
          ['config', configurationLine(configuration)],
          ['overrides', plain(run.overrides.join(' '))],
        ],
        style,
      ),
      ...history.map((event) => line(event, style)),
    ],
  };
}

function line({ atMs, kind, state, attempt, reason }: Event, { now, paint }: Style): string {
  const what = `${kind.replaceAll('_', ' ')}${attempt > 0 ? ` (attempt ${attempt})` : ''}`;
  const why = reason?.text ? `: ${plain(reason.text)}` : '';
  return `  ${paint('dim', localTime(atMs, now))}  ${what} → ${stateWord(state)}${why}`;
}
