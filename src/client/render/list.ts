import type { ListResponse, Run } from '../../gen/expd/v1/runs.js';
import type { Answer, Style } from './output.js';
import { plain } from './plain.js';
import { paintState, ran, runJson, stateWord } from './run.js';
import { type Column, table } from './table.js';
import { age } from './time.js';

/** A page of runs, newest last. */
export function listed(
  page: ListResponse,
  notices: readonly string[],
  { quiet, filtered }: { quiet: boolean; filtered: boolean },
): Answer {
  const runs = page.runs.toSorted((a, b) => a.id - b.id);
  return {
    json: {
      runs: runs.map(runJson),
      more: Object.fromEntries(page.more.map(({ state, count }) => [stateWord(state), count])),
      complete: page.nextBeforeId === 0 && page.more.length === 0,
      notices,
    },
    text(style) {
      if (quiet) return runs.map(({ id }) => String(id));
      const body = runs.length === 0 ? [] : table(columns(style), runs, style.width);
      const [head, ...rows] = body;
      return [
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
          ...(runs.length === 0
            ? [filtered ? 'no such runs' : 'no runs; expctl ls -a lists older ones']
            : []),
        ],
  };
}

const columns = (style: Style): Column<Run>[] => [
  { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
  { title: 'NAME', cell: ({ name }) => plain(name), shrinks: true },
  {
    title: 'STATE',
    cell: ({ state }) => stateWord(state),
    paint: (cell, { state }) => paintState(state, cell, style),
  },
  { title: 'TIME', cell: (run) => ran(run, style.now), align: 'right' },
  { title: 'AGE', cell: ({ submittedAtMs }) => age(style.now - submittedAtMs), align: 'right' },
  { title: 'TRY', cell: ({ attempt }) => (attempt > 1 ? String(attempt) : ''), align: 'right' },
  { title: 'PRIO', cell: ({ priority }) => (priority === 0 ? '' : String(priority)), align: 'right' },
  { title: 'GROUP', cell: ({ group }) => (group === 'default' ? '' : plain(group)), shrinks: true },
  { title: 'TAGS', cell: ({ tags }) => tags.map(plain).join(','), shrinks: true },
  { title: 'WHY', cell: ({ reason }) => plain(reason?.text ?? ''), shrinks: true },
];

function leftOut(page: ListResponse): string[] {
  const counts = page.more
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `… ${thousands(count)} more ${stateWord(state)} (-a)`);
  const older = page.nextBeforeId === 0 ? [] : ['… more, older ones (-a)'];
  return [...counts, ...older];
}

/** Intl would do it, and take longer to load than all the rest. */
const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
