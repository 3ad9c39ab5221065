import type { Environment } from '../../environment.js';
import type { AttemptOrder } from './order.js';
import { runPaths, tensorboardDir } from './paths.js';
import { trackers } from './trackers.js';

/** What a run executes and sees; nothing else of the daemon reaches it. */
export interface Contract {
  argv: string[];
  environment: Record<string, string>;
}

/**
 * The run contract, pure: the submitter's environment under the `EXPD_*` variables, and the command with its
 * templates filled and its resume argument appended. `submitted` is the stored environment.
 */
export function contract(order: AttemptOrder, runDir: string, submitted: Environment): Contract {
  return { argv: command(order, runDir), environment: environment(order, runDir, submitted) };
}

function environment(order: AttemptOrder, runDir: string, submitted: Environment): Record<string, string> {
  const { submission, resume } = order;
  const paths = runPaths(runDir, order.attempt, submission.split);
  const seen: Record<string, string> = {
    ...devices(submitted),
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    PYTHONUNBUFFERED: '1',
    ...trackers(order),
  };
  for (const [name, value] of Object.entries(submitted)) if (!name.startsWith('EXPD_')) seen[name] = value;
  return Object.assign(seen, {
    PWD: submission.cwd,
    EXPD_RUN_ID: String(order.runId),
    EXPD_RUN_ULID: order.ulid,
    EXPD_RUN_NAME: order.name,
    EXPD_EXPERIMENT_ID: order.experimentId,
    ...(order.job ? { EXPD_SWEEP: `s${order.job.of.id}`, EXPD_JOB_NUM: String(order.job.number) } : {}),
    EXPD_ATTEMPT: String(order.attempt),
    EXPD_ATTEMPT_ID: order.attemptId,
    EXPD_RUN_DIR: runDir,
    EXPD_CHECKPOINT_DIR: paths.checkpoints,
    EXPD_TB_DIR: tensorboardDir(submission.project, order.experimentId),
    EXPD_METRICS: paths.metricsFile,
    EXPD_SEED: seed(order),
    EXPD_GRACE_S: String(submission.graceMs / 1000),
    ...(resume === null ? {} : { EXPD_RESUME_FROM: resume.path }),
    ...(resume?.step == null ? {} : { EXPD_RESUME_STEP: String(resume.step) }),
  });
}

/**
 * Until devices are leased the submitter's choice passes as it is: a fixed order could give its indices
 * another meaning. Without a choice, indices mean what nvidia-smi shows.
 */
const devices = (submitted: Environment): Record<string, string> =>
  submitted.CUDA_VISIBLE_DEVICES === undefined ? { CUDA_DEVICE_ORDER: 'PCI_BUS_ID' } : {};

/** The jobs of a sweep are seeded apart. */
const seed = ({ submission, job }: AttemptOrder): string => String(submission.seed + (job?.number ?? 0));

function command(order: AttemptOrder, runDir: string): string[] {
  const { submission, resume } = order;
  const paths = runPaths(runDir, order.attempt, submission.split);
  const values: Readonly<Record<string, string>> = {
    run_dir: runDir,
    checkpoint_dir: paths.checkpoints,
    tb_dir: tensorboardDir(submission.project, order.experimentId),
    ckpt: resume?.path ?? '',
    step: String(resume?.step ?? ''),
    seed: seed(order),
    attempt: String(order.attempt),
  };
  const fill = (word: string): string =>
    word.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const own = submission.template ? submission.argv.map(fill) : submission.argv;
  const more = resume?.argument == null ? [] : shellWords(resume.argument).map(fill);
  return [...own, ...more];
}

/**
 * Words as a POSIX shell splits them, without expansions: blanks part words, `'…'` keeps all, `"…"` all but
 * `\"` and `\\`, a backslash the next character. Splitting comes before filling: a checkpoint's path stays one word.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  for (const [match] of text.matchAll(/(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\]|['"\\])+/g))
    words.push(
      match.replace(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_, single, double, escaped) =>
        single !== undefined ? single : double !== undefined ? double.replace(/\\(["\\])/g, '$1') : escaped,
      ),
    );
  return words;
}
