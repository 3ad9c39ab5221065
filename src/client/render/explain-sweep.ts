import type { ListResponse, Run } from '../../gen/expd/v1/runs.js';
import type { Answer, Style } from './output.js';
import { plain } from './plain.js';
import { paintState, stateWord } from './run.js';
import { inJobs, sweepHead, sweepJson } from './sweep.js';

/** Jobs of which the same is to be said. */
interface Alike {
  state: Run['state'];
  reason: string;
  jobs: number[];
}

/** Why the jobs of a sweep are where they are: each reason once. `page`: all of them. */
export function explainedSweep({ sweeps: [sweep], runs }: ListResponse): Answer {
  if (sweep === undefined) throw new Error('a sweep was answered without itself');
  const groups = alike(runs.toSorted((a, b) => a.job - b.job));
  return {
    json: {
      sweep: sweepJson(sweep),
      jobs: groups.map(({ state, reason, jobs }) => ({
        state: stateWord(state),
        reason: reason || null,
        jobs,
      })),
    },
    text: (style) => [sweepHead(sweep, style), ...groups.map((group) => line(group, style))],
  };
}

function alike(runs: readonly Run[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const { state, reason, job } of runs) {
    const text = reason?.text ?? '';
    const key = `${state} ${text}`;
    const group = groups.get(key) ?? { state, reason: text, jobs: [] };
    group.jobs.push(job);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function line({ state, reason, jobs }: Alike, style: Style): string {
  const why = reason === '' ? '' : `: ${plain(reason)}`;
  const which = style.paint('dim', `(${ranges(jobs)})`);
  return `  ${inJobs(jobs.length)} ${paintState(state, stateWord(state), style)}${why}  ${which}`;
}

const MOST_RANGES = 8;

/** `0, 3-7, 9` of ascending numbers, as they are written behind `s4.`. */
export function ranges(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  const words = found
    .slice(0, MOST_RANGES)
    .map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
  return [...words, ...(found.length > MOST_RANGES ? ['…'] : [])].join(', ');
}
