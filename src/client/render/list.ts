import type { ListResponse, Run, Sweep } from '../../gen/expd/v1/runs.js';
import type { Answer, Style } from './output.js';
import { plain } from './plain.js';
import { progressJson, remaining } from './progress.js';
import { jobName, paintState, ran, runJson, stateWord } from './run.js';
import { jobsDone, stateCounts, sweepHead, sweepJson, sweepName, sweepState } from './sweep.js';
import { type Column, table } from './table.js';
import { age, span } from './time.js';

export interface ListManner {
  quiet: boolean;
  filtered: boolean;
  /** Whether the list is of the jobs of one sweep. */
  opened: boolean;
}

/** A page of runs and sweeps, newest last. */
export function listed(
  page: ListResponse,
  notices: readonly string[],
  { quiet, filtered, opened }: ListManner,
): Answer {
  const runs = page.runs.toSorted((a, b) => a.id - b.id);
  const sweeps = page.sweeps.toSorted((a, b) => a.id - b.id);
  const lines = [...runs.map(ofRun), ...(opened ? [] : sweeps.map(ofSweep))].sort(
    (a, b) => a.place - b.place,
  );
  return {
    json: {
      runs: runs.map((run) => ({ ...runJson(run), progress: progressJson(run.progress) })),
      sweeps: sweeps.map(sweepJson),
      more: Object.fromEntries(page.more.map(({ state, count }) => [stateWord(state), count])),
      moreSweeps: page.moreSweeps,
      complete: page.nextBeforeId === 0 && page.more.length === 0 && page.moreSweeps === 0,
      notices,
    },
    text(style) {
      if (quiet) return lines.map(({ name }) => name);
      const columns = COLUMNS.filter(({ title }) => !opened || !SAID_BY_HEAD.has(title));
      const body = lines.length === 0 ? [] : table(columns.map(inStyle(style)), lines, style.width);
      const [head, ...rows] = body;
      return [
        ...(opened ? sweeps.map((sweep) => sweepHead(sweep, style)) : []),
        ...(head === undefined ? [] : [style.paint('bold', head)]),
        ...rows,
        ...leftOut(page).map((line) => style.paint('dim', line)),
      ];
    },
    // Ids are for programs: what is not among them must not go unnoticed.
    warnings: quiet
      ? leftOut(page)
      : [
          ...notices,
          ...(lines.length === 0
            ? [filtered ? 'no such runs' : 'no runs; expctl ls -a lists older ones']
            : []),
        ],
  };
}

/** A line of the list. */
type Line = {
  /** As people type it. */
  name: string;
  /** Id of the run; a sweep stands where its first job would. */
  place: number;
} & ({ kind: 'run'; run: Run } | { kind: 'sweep'; sweep: Sweep });

const ofRun = (run: Run): Line => ({ kind: 'run', run, name: String(run.id), place: run.id });
const ofSweep = (sweep: Sweep): Line => ({
  kind: 'sweep',
  sweep,
  name: sweepName(sweep),
  place: sweep.firstRunId,
});

interface ListColumn {
  title: string;
  run?(run: Run, style: Style): string;
  sweep?(sweep: Sweep, style: Style): string;
  align?: 'right';
  shrinks?: true;
}

/** From its submission to the end of its last job. */
const took = ({ submittedAtMs, endedAtMs }: Sweep): string =>
  endedAtMs === 0 ? '' : span(endedAtMs - submittedAtMs);

const COLUMNS: readonly ListColumn[] = [
  { title: 'ID', run: ({ id }) => String(id), sweep: sweepName, align: 'right' },
  { title: 'JOB', run: jobName, align: 'right' },
  { title: 'NAME', run: ({ name }) => plain(name), sweep: ({ name }) => plain(name), shrinks: true },
  {
    title: 'STATE',
    run: ({ state }) => stateWord(state),
    sweep: (sweep) => stateWord(sweepState(sweep)),
  },
  { title: 'DONE', sweep: (sweep) => `${jobsDone(sweep)}/${sweep.jobs}`, align: 'right' },
  { title: 'TIME', run: (run, { now }) => ran(run, now), sweep: took, align: 'right' },
  {
    title: 'LEFT',
    run: ({ progress }) => remaining(progress),
    align: 'right',
  },
  {
    title: 'AGE',
    run: ({ submittedAtMs }, { now }) => age(now - submittedAtMs),
    sweep: ({ submittedAtMs }, { now }) => age(now - submittedAtMs),
    align: 'right',
  },
  { title: 'TRY', run: ({ attempt }) => (attempt > 1 ? String(attempt) : ''), align: 'right' },
  { title: 'PRIO', run: ({ priority }) => (priority === 0 ? '' : String(priority)), align: 'right' },
  { title: 'GROUP', run: ({ group }) => (group === 'default' ? '' : plain(group)), shrinks: true },
  { title: 'TAGS', run: ({ tags }) => tags.map(plain).join(','), shrinks: true },
  {
    title: 'OVERRIDES',
    run: ({ overrides }) => plain(overrides.join(' ')),
    sweep: ({ axes }) => plain(axes),
    shrinks: true,
  },
  { title: 'WHY', run: ({ reason }) => plain(reason?.text ?? ''), sweep: stateCounts, shrinks: true },
];

/** Where all lines are of one sweep. */
const SAID_BY_HEAD: ReadonlySet<string> = new Set(['NAME', 'AGE', 'DONE']);

const inStyle =
  (style: Style) =>
  ({ title, run, sweep, ...manner }: ListColumn): Column<Line> => ({
    title,
    ...manner,
    cell: (line) =>
      line.kind === 'run' ? (run?.(line.run, style) ?? '') : (sweep?.(line.sweep, style) ?? ''),
    ...(title === 'STATE' && {
      paint: (cell, line) =>
        paintState(line.kind === 'run' ? line.run.state : sweepState(line.sweep), cell, style),
    }),
  });

function leftOut(page: ListResponse): string[] {
  const counts = page.more
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `… ${thousands(count)} more ${stateWord(state)} (-a)`);
  const sweeps = page.moreSweeps === 0 ? [] : [`… ${thousands(page.moreSweeps)} more sweeps (-a)`];
  const older = page.nextBeforeId === 0 ? [] : ['… more, older ones (-a)'];
  return [...counts, ...sweeps, ...older];
}

/** Intl would do it, and take longer to load than all the rest. */
const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
