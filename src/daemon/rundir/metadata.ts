import { arch, availableParallelism, hostname, platform, release, totalmem } from 'node:os';
import type { Environment } from '../../environment.js';
import { isSecretName, isSecretValue, redactText } from '../../secrets.js';
import type { CodeState } from '../run/submission.js';
import type { AttemptOrder } from './order.js';
import { utc } from './utc.js';

/** Values of these are shown; of all other variables only the name. A trailing `*` is a prefix. */
const SHOWN = [
  'PATH',
  'LANG',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
  'PYTHON*',
  'OMP_*',
  'NCCL_*',
  'HYDRA_*',
  'EXPD_*',
];

/** What is found out after the start; absent: not found out yet, null: there is none. */
export interface SlowFacts {
  python: PythonFacts | null;
  node: string | null;
  gpus: GpuFacts | null;
  /** Files that differ from the submitted state; null where either state is unknown. */
  changedSinceSubmission: string[] | null;
}

export interface PythonFacts {
  version: string | null;
  executable: string;
  /** `name==version`, sorted. */
  packages: string[];
}

export interface GpuFacts {
  count: number;
  names: string[];
  driver: string | null;
  cuda: string | null;
}

/** metadata.json as it is before exec. Pure but for this machine's constants. */
export function metadataJson(
  order: AttemptOrder,
  environment: Environment,
  startedAt: number,
  metricsStart: number,
): string {
  return json({
    v: 1,
    complete: false,
    run_id: order.runId,
    ulid: order.ulid,
    attempt: order.attempt,
    submitted_at: utc(order.submittedAt),
    started_at: utc(startedAt),
    metrics_start: metricsStart,
    ...machine(),
    git: git(order.code ?? null),
    ...(order.drift !== undefined && {
      config_changed_since_submission: order.drift.map(({ key, one, other }) => ({
        key,
        submitted: one,
        now: other,
      })),
    }),
    environment: shownEnvironment(environment),
  });
}

/** Size of the metrics file when the attempt began; 0 where its records do not tell. */
export function metricsStart(metadata: string): number {
  const start = /^ "metrics_start": (\d+),$/m.exec(metadata)?.[1];
  return start === undefined ? 0 : Number(start);
}

/** … and with what was found out after the start. Throws where `before` is no metadata of ours. */
export function completeMetadataJson(before: string, slow: SlowFacts, code: CodeState | null): string {
  const { environment, ...fields } = JSON.parse(before) as Record<string, unknown>;
  return json({
    ...fields,
    complete: true,
    git: git(code),
    code_changed_since_submission: slow.changedSinceSubmission,
    python: slow.python,
    node: slow.node,
    gpus: slow.gpus,
    environment,
  });
}

const json = (fields: object): string => `${JSON.stringify(fields, null, 1)}\n`;

/** Name of the diff beside metadata.json. */
export const DIFF_FILE = 'git.diff';

function git(code: CodeState | null): object {
  if (code === null) return { known: false, why: 'not recorded' };
  if (!code.known) return code;
  return {
    known: true,
    commit: code.commit,
    branch: code.branch,
    remote: redactText(code.remote),
    dirty: code.dirty,
    toplevel: code.toplevel,
    diff: code.diffSha === null ? null : DIFF_FILE,
    diff_omitted: code.diffOmitted,
    changed_files: code.changedFiles,
  };
}

/** Names of all variables; values of the allow-list, unless they look like secrets. */
export function shownEnvironment(environment: Environment): Record<string, string | null> {
  const shown = Object.keys(environment)
    .sort()
    .map((name): [string, string | null] => [
      name,
      isShown(name, environment[name]!) ? environment[name]! : null,
    ]);
  return Object.fromEntries(shown);
}

const NAMES = new Set(SHOWN);
const PREFIXES = SHOWN.filter((shown) => shown.endsWith('*')).map((shown) => shown.slice(0, -1));

const isShown = (name: string, value: string): boolean =>
  (NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))) &&
  !isSecretName(name) &&
  !isSecretValue(value);

let constants: object | null = null;
function machine(): object {
  constants ??= {
    platform: `${platform()} ${release()} ${arch()}`,
    cpus: availableParallelism(),
    memory_bytes: totalmem(),
    expd_node: process.version,
  };
  return { hostname: hostname(), ...constants };
}
