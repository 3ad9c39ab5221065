import { DaemonService } from '../../gen/expd/v1/daemon.js';
import type { Submission } from '../../gen/expd/v1/runs.js';
import { nameOf } from '../../program/name.js';
import { holdsSecret, redactArgv } from '../../secrets.js';
import { isRunning } from '../connect.js';
import type { Foreseen } from '../hydra/layout-pattern.js';
import type { Answer } from '../render/output.js';
import { plain, shellLine } from '../render/plain.js';
import { type Column, table } from '../render/table.js';
import type { Context } from '../verb.js';
import { RUN_FLAGS, SWEEP_FLAGS } from './flags.js';
import { shellLimits } from './limits.js';
import { environmentOf } from './single.js';
import { type Asked, type Call, refuseSweepFlags, Understanding } from './understand.js';

/** What would be submitted; nothing is sent. @throws ClientError */
export async function rehearse(context: Context, asked: Asked, noSecrets: boolean): Promise<Answer> {
  const { environment, left } = environmentOf(context, noSecrets);
  const call = await new Understanding(context, shellLimits()).of(asked);
  refuseSweepFlags(call, asked.words);
  const secret = call.submissions.some(({ argv }) => holdsSecret(argv))
    ? ['the command holds what looks like a secret; it will be stored as it is']
    : [];
  const variables = Object.keys(environment).sort();
  const [first] = call.submissions;
  const place = await layoutPlace(context, first?.layout ?? '');
  const planned = call.submissions.map((each, number) => plannedRun(call, each, number, place));
  return {
    json: {
      dryRun: true,
      cwd: first?.cwd ?? null,
      project: first?.project ?? null,
      name: planned[0]?.name ?? null,
      sweep: call.sweep === undefined ? null : { axes: call.sweep.axes, jobs: planned.length },
      runs: planned.map(({ name: _, ...run }) => run),
      variables,
    },
    text: (style) => [
      ...(call.sweep === undefined
        ? planned.map(({ argv }) => `would submit: ${shellLine(argv)}`)
        : [
            `would submit ${sweepInWords(call)}`,
            ...table(columns(first?.project ?? '/'), planned, style.width),
          ]),
      ...details(call, planned[0]),
      `  variables   ${variables.length}`,
    ],
    warnings: [...left, ...call.notes, ...secret].map((warning) => `warning: ${warning}`),
  };
}

interface PlannedRun {
  job: number | null;
  argv: string[];
  name: string;
  overrides: string[];
  /** A pattern where something in it is known only at the start. */
  directory: string;
  experimentId: string;
}

/** Where the layout puts run directories: the one that is asked for, else that of the daemon, where one runs. */
async function layoutPlace({ daemon, places }: Context, layout: string): Promise<(run: Foreseen) => string> {
  const { layoutPattern } = await import('../hydra/layout-pattern.js');
  return layoutPattern(
    layout || ((await isRunning(places)) ? await defaultLayout(daemon) : 'hybrid'),
    places.config,
  );
}

async function defaultLayout(daemon: Context['daemon']): Promise<string> {
  const { settings } = await daemon.call(DaemonService.showConfig, {});
  const value: unknown = JSON.parse(settings.find(({ key }) => key === 'layout')?.value ?? 'null');
  return typeof value === 'string' ? value : 'hybrid';
}

function plannedRun(
  { sweep }: Pick<Call, 'sweep'>,
  { argv, configuration, experimentId: own, from, name: asked, project }: Submission,
  number: number,
  place: (run: Foreseen) => string,
): PlannedRun {
  const job = sweep === undefined ? null : number;
  const name = asked || nameOf(argv);
  const ofSweep = sweep && `${sweep.experimentId || `${sweep.name || name}-s<id>`}_job${number}`;
  const experimentId = own || (ofSweep ?? (from ? '<of its checkpoint>' : `${name}-<id>`));
  return {
    job,
    argv: redactArgv(argv),
    name,
    overrides: redactArgv(configuration?.overrides ?? []),
    directory: configuration?.runDir || place({ project, name, job, experimentId }),
    experimentId,
  };
}

const columns = (project: string): Column<PlannedRun>[] => [
  { title: 'JOB', cell: ({ job }) => String(job), align: 'right' },
  { title: 'OVERRIDES', cell: ({ overrides }) => plain(overrides.join(' ')), shrinks: true },
  { title: 'DIRECTORY', cell: ({ directory }) => plain(within(project, directory)), shrinks: true },
  { title: 'EXPERIMENT', cell: ({ experimentId }) => plain(experimentId), shrinks: true },
];

/** The project is named below. */
const within = (project: string, path: string): string =>
  path.startsWith(`${project}/`) ? path.slice(project.length + 1) : path;

/** `6 runs: lr × seed` */
export const sweepInWords = ({ submissions, sweep }: Pick<Call, 'submissions' | 'sweep'>): string =>
  `${submissions.length} ${submissions.length === 1 ? 'run' : 'runs'}${sweep?.axes ? `: ${plain(sweep.axes)}` : ''}`;

/** Said in words of their own, or, for what a variable holds, not at all. */
const SHOWN: ReadonlySet<string> = new Set(['name', 'cwd', 'project', 'env', 'experiment-id']);

function details({ submissions: [first], words }: Call, run: PlannedRun | undefined): string[] {
  if (first === undefined || run === undefined) return [];
  const line = (title: string, text: string): string => `  ${title.padEnd(10)}  ${text}`;
  return [
    line('directory', plain(first.cwd)),
    line('project', plain(first.project)),
    line('name', plain(run.name)),
    ...(run.job === null
      ? [
          ...(first.configuration === undefined
            ? []
            : [line('overrides', plain(run.overrides.join(' ')) || 'none')]),
          line('run dir', plain(run.directory)),
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
