import type { Submission } from '../../gen/expd/v1/runs.js';
import { holdsSecret, redactArgv } from '../../secrets.js';
import type { Answer } from '../render/output.js';
import { plain, shellLine } from '../render/plain.js';
import { type Column, table } from '../render/table.js';
import type { Context } from '../verb.js';
import { RUN_FLAGS, SWEEP_FLAGS } from './flags.js';
import { shellLimits } from './limits.js';
import { environmentOf } from './single.js';
import { type Asked, type Call, Understanding } from './understand.js';

/** What would be submitted; nothing is sent. @throws ClientError */
export async function rehearse(context: Context, asked: Asked, noSecrets: boolean): Promise<Answer> {
  const { environment, left } = environmentOf(context, noSecrets);
  const call = await new Understanding(context, shellLimits()).of(asked);
  const secret = call.submissions.some(({ argv }) => holdsSecret(argv))
    ? ['the command holds what looks like a secret; it will be stored as it is']
    : [];
  const variables = Object.keys(environment).sort();
  const planned = call.submissions.map((each, number) => plannedRun(each, call.sweep ? number : null));
  return {
    json: {
      dryRun: true,
      cwd: call.submissions[0]?.cwd ?? null,
      project: call.submissions[0]?.project ?? null,
      name: call.submissions[0]?.name || null,
      sweep: call.sweep === undefined ? null : { axes: call.sweep.axes, jobs: planned.length },
      runs: planned.map((run) => ({ ...run })),
      variables,
    },
    text: (style) => [
      ...(call.sweep === undefined
        ? planned.map(({ argv }) => `would submit: ${shellLine(argv)}`)
        : [`would submit ${sweepInWords(call)}`, ...table(COLUMNS, planned, style.width)]),
      ...details(call, planned[0]),
      `  variables  ${variables.length}`,
    ],
    warnings: [...left, ...call.notes, ...secret].map((warning) => `warning: ${warning}`),
  };
}

interface PlannedRun {
  job: number | null;
  argv: string[];
  overrides: string[];
  /** A pattern where the time of the start decides; '' where the layout does. */
  directory: string;
  experimentId: string;
}

function plannedRun({ argv, configuration, experimentId, name }: Submission, job: number | null): PlannedRun {
  return {
    job,
    argv: redactArgv(argv),
    overrides: configuration?.overrides ?? [],
    directory: configuration?.runDir ?? '',
    experimentId: experimentId || `${name || '<name>'}-<id>${job === null ? '' : `_job${job}`}`,
  };
}

const COLUMNS: readonly Column<PlannedRun>[] = [
  { title: 'JOB', cell: ({ job }) => String(job), align: 'right' },
  { title: 'OVERRIDES', cell: ({ overrides }) => plain(overrides.join(' ')) },
  { title: 'DIRECTORY', cell: ({ directory }) => plain(directory) },
  { title: 'EXPERIMENT', cell: ({ experimentId }) => plain(experimentId) },
];

/** `6 runs: lr × seed` */
export const sweepInWords = ({ submissions, sweep }: Pick<Call, 'submissions' | 'sweep'>): string =>
  `${submissions.length} ${submissions.length === 1 ? 'run' : 'runs'}${sweep?.axes ? `: ${plain(sweep.axes)}` : ''}`;

/** Said in words of their own, or, for what a variable holds, not at all. */
const SHOWN: ReadonlySet<string> = new Set(['name', 'cwd', 'project', 'env']);

function details({ submissions: [first], words }: Call, run: PlannedRun | undefined): string[] {
  if (first === undefined || run === undefined) return [];
  const line = (title: string, text: string): string => `  ${title.padEnd(9)}  ${text}`;
  return [
    line('directory', plain(first.cwd)),
    line('project', plain(first.project)),
    line('name', plain(first.name) || 'that of its script'),
    ...(run.job === null && first.configuration !== undefined
      ? [
          line('overrides', plain(run.overrides.join(' ')) || 'none'),
          line('run dir', plain(run.directory) || 'that of the layout'),
          line('experiment', plain(run.experimentId)),
        ]
      : []),
    ...[...words].flatMap(([name, values]) =>
      (name in RUN_FLAGS || name in SWEEP_FLAGS) && !SHOWN.has(name)
        ? [line(name, plain(values.join(', ')) || 'yes')]
        : [],
    ),
    ...Object.keys(first.envSet).map((name) => line('env', plain(name))),
  ];
}
