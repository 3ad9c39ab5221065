import { type ListResponse, type Run, RunState } from '../../gen/expd/v1/runs.js';
import { brief } from './number.js';
import type { Answer, Style } from './output.js';
import { plain } from './plain.js';
import { headlineWords, progressJson, remaining } from './progress.js';
import { paintState, ran, runJson, stateWord } from './run.js';
import { type Column, table } from './table.js';

const ACTIVE: readonly RunState[] = [
  RunState.RUN_STATE_STARTING,
  RunState.RUN_STATE_RUNNING,
  RunState.RUN_STATE_STOPPING,
];

/** Runs that are active, and how many wait. */
export function goingOn({ page, slots }: { page: ListResponse; slots: number }): Answer {
  const active = page.runs.filter(({ state }) => ACTIVE.includes(state)).sort((a, b) => a.id - b.id);
  const count = (state: RunState): number =>
    page.runs.filter((run) => run.state === state).length +
    page.more.reduce((sum, more) => sum + (more.state === state ? more.count : 0), 0);
  const [queued, held] = [count(RunState.RUN_STATE_QUEUED), count(RunState.RUN_STATE_HELD)];
  return {
    json: {
      runs: active.map((run) => ({ ...runJson(run), progress: progressJson(run.progress) })),
      slots,
      queued,
      held,
    },
    text: (style) => [
      `${active.length} of ${slots} slots taken, ${queued} queued${held > 0 ? `, ${held} held` : ''}`,
      ...(active.length === 0 ? [] : rows(active, style)),
    ],
  };
}

function rows(active: readonly Run[], style: Style): string[] {
  const columns: Column<Run>[] = [
    { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
    { title: 'NAME', cell: ({ name }) => plain(name), shrinks: true },
    {
      title: 'STATE',
      cell: ({ state, paused }) => (paused ? 'paused' : stateWord(state)),
      paint: (cell, { state }) => paintState(state, cell, style),
    },
    { title: 'TIME', cell: (run) => ran(run, style.now), align: 'right' },
    { title: 'STEP', cell: ({ progress }) => stepOf(progress), align: 'right' },
    { title: 'STEPS/S', cell: ({ progress }) => paceOf(progress), align: 'right' },
    { title: 'METRIC', cell: ({ progress }) => headlineWords(progress), shrinks: true },
    { title: 'LEFT', cell: ({ progress }) => remaining(progress), align: 'right' },
    { title: 'TRY', cell: ({ attempt }) => (attempt > 1 ? String(attempt) : ''), align: 'right' },
  ];
  const [head = '', ...lines] = table(columns, active, style.width);
  return ['', style.paint('bold', head), ...lines];
}

const stepOf = (progress: Run['progress']): string =>
  progress?.step === undefined
    ? ''
    : progress.totalSteps === undefined
      ? String(progress.step)
      : `${progress.step}/${progress.totalSteps} ${Math.floor((100 * progress.step) / progress.totalSteps)}%`;

const paceOf = (progress: Run['progress']): string =>
  progress?.stepsPerSecond === undefined ? '' : brief(progress.stepsPerSecond);
