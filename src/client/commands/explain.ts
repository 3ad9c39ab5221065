import { type Event, type ExplainResponse, RunsService } from '../../gen/expd/v1/runs.js';
import { ClientError } from '../errors.js';
import type { Answer, Style } from '../render/output.js';
import { plain } from '../render/plain.js';
import { reasonJson, runJson, sentence, stateWord } from '../render/run.js';
import { isoTime, localTime } from '../render/time.js';
import { verb } from '../verb.js';

export const explain = verb({
  name: 'explain',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'why a run is where it is, with its history',
  flags: {},
  examples: [['expctl explain 7', 'what run 7 waits for, and all that happened to it']],
  run: async ({ daemon }, { operands }) =>
    explained(await daemon.call(RunsService.explain, { run: operands[0]! }), operands[0]!),
});

function explained({ run, ahead, history }: ExplainResponse, asked: string): Answer {
  if (run === undefined)
    throw new ClientError('not_found', `there is no run ${asked}`, 'expctl ls -a lists all');
  return {
    json: {
      run: runJson(run),
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
      ...history.map((event) => line(event, style)),
    ],
  };
}

function line({ atMs, kind, state, attempt, reason }: Event, { now, paint }: Style): string {
  const what = `${kind.replaceAll('_', ' ')}${attempt > 0 ? ` (attempt ${attempt})` : ''}`;
  const why = reason?.text ? `: ${plain(reason.text)}` : '';
  return `  ${paint('dim', localTime(atMs, now))}  ${what} → ${stateWord(state)}${why}`;
}
