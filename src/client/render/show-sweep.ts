import type { Run } from '../../gen/expd/v1/runs.js';
import { activeJobs, nextJobs, type SweepReport } from '../sweep-report.js';
import { configurationJson, configurationLine } from './configuration.js';
import { fieldLines } from './fields.js';
import type { Answer, Style } from './output.js';
import { plain, shellLine } from './plain.js';
import { jobName, ran, runJson, STATES, stateWord } from './run.js';
import { inJobs, jobsIn, sweepHead, sweepJson, sweepName } from './sweep.js';
import { type Column, table } from './table.js';
import { age, localTime, span } from './time.js';

/** Of jobs that wait so many are named. */
const NEXT_SHOWN = 3;

/** A sweep: what it is, how it stands, what failed and what is next. */
export function shownSweep(report: SweepReport): Answer {
  const { sweep, jobs, submission, failed } = report;
  const [active, next] = [activeJobs(jobs), nextJobs(jobs)];
  return {
    json: {
      sweep: sweepJson(sweep),
      argv: submission?.argv ?? null,
      cwd: submission?.cwd ?? null,
      configuration: configurationJson(submission?.configuration),
      experimentId: experimentOf(jobs) || null,
      failed: failed.map(({ run, lastLine }) => ({ run: runJson(run), lastLine: lastLine || null })),
      active: active.map(runJson),
      next: next.slice(0, NEXT_SHOWN).map(runJson),
    },
    text: (style) => [
      sweepHead(sweep, style),
      ...fieldLines(fields(report, style), style),
      ...failures(report, style),
      ...section('under way', active, active.length, style),
      ...section('next', next.slice(0, NEXT_SHOWN), next.length, style),
    ],
  };
}

function fields({ sweep, jobs, submission }: SweepReport, style: Style): (readonly [string, string])[] {
  const { now } = style;
  const [first] = jobs;
  const held = jobs.find(({ state }) => state === STATES.held);
  const why = held?.reason?.text ? `: ${plain(held.reason.text)}` : '';
  const count = jobsIn(sweep, STATES.held);
  return [
    ['held', held === undefined ? '' : `${inJobs(count)}${why}; expctl release ${sweepName(sweep)}`],
    [
      'command',
      first === undefined
        ? ''
        : `${shellLine(submission?.argv ?? [])}  ${style.paint('dim', `(${jobName(first)})`)}`,
    ],
    ['config', configurationLine(submission?.configuration)],
    ['directory', plain(submission?.cwd ?? '')],
    ['project', sweep.project === submission?.cwd ? '' : plain(sweep.project)],
    ['sweep dir', plain(sweep.dir)],
    ['submitted', `${localTime(sweep.submittedAtMs, now)} (${age(now - sweep.submittedAtMs)} ago)`],
    [
      'ended',
      sweep.endedAtMs === 0
        ? ''
        : `${localTime(sweep.endedAtMs, now)}, after ${span(sweep.endedAtMs - sweep.submittedAtMs)}`,
    ],
    ['at a time', sweep.maxParallel === 0 ? '' : inJobs(sweep.maxParallel)],
    ['hold after', sweep.holdAfterFailures === 0 ? '' : failuresInWords(sweep.holdAfterFailures)],
    ['experiment', plain(experimentOf(jobs))],
    ['key', plain(sweep.key)],
    ['ulid', sweep.ulid],
  ];
}

const failuresInWords = (count: number): string => `${count} ${count === 1 ? 'failure' : 'failures'}`;

/** `train-s4_job<N>`; '' where each job has chosen its own. */
function experimentOf(jobs: readonly Run[]): string {
  const patterns = new Set(
    jobs.map(({ experimentId, job }) =>
      experimentId.endsWith(`_job${job}`) ? `${experimentId.slice(0, -String(job).length)}<N>` : experimentId,
    ),
  );
  const [pattern = ''] = patterns;
  return patterns.size === 1 ? pattern : '';
}

function failures({ sweep, failed }: SweepReport, style: Style): string[] {
  if (failed.length === 0) return [];
  const columns: Column<SweepReport['failed'][number]>[] = [
    ...jobColumns<SweepReport['failed'][number]>(({ run }) => run),
    { title: 'HOW', cell: ({ run }) => plain(run.reason?.text ?? ''), shrinks: true },
    { title: 'LAST LINE', cell: ({ lastLine }) => plain(lastLine), shrinks: true },
  ];
  const all = jobsIn(sweep, STATES.failed);
  const title = all > failed.length ? `failed, the last ${failed.length} of ${all}` : 'failed';
  const hint = `(expctl retry --failed ${sweepName(sweep)})`;
  return [
    '',
    `${style.paint('bold', title)} ${style.paint('dim', hint)}`,
    ...indented(columns, failed, style),
  ];
}

/** `all`: how many there are. */
function section(title: string, jobs: readonly Run[], all: number, style: Style): string[] {
  if (jobs.length === 0) return [];
  const columns: Column<Run>[] = [
    ...jobColumns<Run>((run) => run),
    { title: 'STATE', cell: ({ state }) => stateWord(state) },
    { title: 'TIME', cell: (run) => ran(run, style.now), align: 'right' },
    { title: 'WHY', cell: ({ reason }) => plain(reason?.text ?? ''), shrinks: true },
  ];
  const more = all > jobs.length ? style.paint('dim', `  … and ${all - jobs.length} more`) : '';
  return ['', style.paint('bold', title), ...indented(columns, jobs, style), ...(more === '' ? [] : [more])];
}

const jobColumns = <Row>(runOf: (row: Row) => Run): Column<Row>[] => [
  { title: 'JOB', cell: (row) => jobName(runOf(row)), align: 'right' },
  { title: 'RUN', cell: (row) => String(runOf(row).id), align: 'right' },
  { title: 'OVERRIDES', cell: (row) => plain(runOf(row).overrides.join(' ')), shrinks: true },
];

const INDENT = '  ';

/** Without its titles: what stands there says it. */
const indented = <Row>(columns: readonly Column<Row>[], rows: readonly Row[], { width }: Style): string[] =>
  table(columns, rows, width - INDENT.length)
    .slice(1)
    .map((line) => INDENT + line);
