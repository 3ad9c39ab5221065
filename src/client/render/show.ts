import { basename } from 'node:path';
import {
  type Attempt,
  type CodeState,
  DependencyKind,
  type GetResponse,
  type Run,
  type Submission,
} from '../../gen/expd/v1/runs.js';
import { ClientError } from '../errors.js';
import { configurationJson, configurationLine } from './configuration.js';
import { fieldLines } from './fields.js';
import { tailLines } from './log-tail.js';
import type { Answer, Style } from './output.js';
import { plain, shellLine } from './plain.js';
import { complaints, metricJson, metricTable, progressJson, progressWords } from './progress.js';
import { attemptJson, jobName, paintState, runJson, stateWord } from './run.js';
import { age, localTime, span } from './time.js';

/** Everything about one run. @throws ClientError when the answer is empty */
export function shown(found: GetResponse, asked: string): Answer {
  const { run, submission, code } = found;
  if (run === undefined)
    throw new ClientError('not_found', `there is no run ${asked}`, 'expctl ls -a lists all');
  const dependants = found.dependants.map(dependency);
  return {
    json: {
      run: runJson(run),
      submission: submission === undefined ? null : submissionJson(submission),
      attempts: found.attempts.map(attemptJson),
      code: code === undefined ? null : codeJson(code),
      notices: found.notices,
      dependants,
      progress: progressJson(run.progress),
      metrics: found.metrics.map(metricJson),
      logTail: tailLines(found.logTail).join('\n') || null,
    },
    text: (style) => [
      ...head(run, style),
      ...fields(found, run, style),
      ...attempts(found.attempts, style),
      ...(found.metrics.length === 0 ? [] : ['', ...metricTable(found.metrics, style)]),
      ...complaints(run.progress).map((line) => style.paint('yellow', plain(line))),
      ...found.notices.map((notice) => style.paint('yellow', plain(notice))),
      ...(found.logTail.length === 0 ? [] : ['', style.paint('bold', 'the end of its log')]),
      ...tailLines(found.logTail),
    ],
  };
}

function head(run: Run, style: Style): string[] {
  const why = run.reason?.text ? `: ${plain(run.reason.text)}` : '';
  const state = paintState(run.state, stateWord(run.state), style);
  const title = [`run ${run.id}`, jobName(run), plain(run.name)].filter((part) => part !== '').join('  ');
  return [`${style.paint('bold', title)}  ${state}${why}`];
}

function fields({ submission, code, dependants }: GetResponse, run: Run, style: Style): string[] {
  const { now } = style;
  const commit = code?.commit
    ? `${code.commit.slice(0, 12)} ${code.branch}${code.dirty ? ', with changes' : ''}`
    : '';
  const waits = submission?.after.map(dependency) ?? [];
  const rows: (readonly [string, string])[] = [
    ['sweep', run.sweepId === 0 ? '' : `s${run.sweepId}, job ${run.job}`],
    ['command', shellLine(run.argv)],
    ['config', configurationLine(submission?.configuration)],
    ['overrides', plain(run.overrides.join(' '))],
    ['directory', plain(run.cwd)],
    ['project', run.project === run.cwd ? '' : plain(run.project)],
    ['run dir', plain(run.runDir)],
    ['experiment', plain(run.experimentId)],
    ['submitted', `${localTime(run.submittedAtMs, now)} (${age(now - run.submittedAtMs)} ago)`],
    ['begin', run.beginAtMs > now ? localTime(run.beginAtMs, now) : ''],
    ['progress', progressWords(run.progress)],
    ['time limit', run.timeLimitMs === 0 ? '' : span(run.timeLimitMs)],
    ['priority', run.priority === 0 ? '' : String(run.priority)],
    ['group', run.group === 'default' ? '' : plain(run.group)],
    ['tags', run.tags.map(plain).join(', ')],
    ['note', plain(run.note)],
    ['key', plain(run.key)],
    ['from', plain(submission?.from ?? '')],
    ['checkpoints', plain(submission?.checkpoints ?? '')],
    ['metric', plain(submission?.metric ?? '')],
    ['after', some(waits)],
    ['before', some(dependants.map(({ run: id }) => id))],
    ['retries', run.retries === 0 ? '' : `${run.failures} of ${run.retries} used`],
    ['code', plain(commit)],
    ['ulid', run.ulid],
  ];
  return fieldLines(rows, style);
}

const MOST_NAMED = 8;

const some = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

function attempts(list: readonly Attempt[], style: Style): string[] {
  return list.map((attempt) => {
    const started = attempt.startedAtMs || attempt.claimedAtMs;
    const until = attempt.endedAtMs || style.now;
    const how = attempt.outcome?.text ? plain(attempt.outcome.text) : attempt.phase;
    const pid = attempt.phase === 'running' ? `  pid ${attempt.mainPid}` : '';
    return `  ${style.paint('dim', `attempt ${attempt.number}`.padEnd(11))}  ${how}  ${localTime(started, style.now)}  ${span(until - started)}${pid}${from(attempt)}`;
  });
}

/** A run that goes on without a checkpoint does so from the start, which is not what everybody expects. */
function from({ number, resumedFrom, resumedStep }: Attempt): string {
  if (resumedFrom) return `  from ${resumedStep > 0 ? `step ${resumedStep}` : plain(basename(resumedFrom))}`;
  return number > 1 ? '  from the start' : '';
}

const dependency = ({ run, kind }: { run: string; kind: DependencyKind }): string =>
  `${kind === DependencyKind.DEPENDENCY_KIND_AFTER_ANY ? 'afterany' : 'afterok'}:${run}`;

/** docs/json.md, "Code". */
export const codeJson = (code: CodeState) => ({
  commit: code.commit || null,
  branch: code.branch || null,
  remote: code.remote || null,
  dirty: code.dirty,
  toplevel: code.toplevel || null,
  changedFiles: code.changedFiles,
  unknownReason: code.unknownReason || null,
});

/** docs/json.md, "Submission". */
export const submissionJson = (submission: Submission) => ({
  argv: submission.argv,
  cwd: submission.cwd,
  project: submission.project,
  after: submission.after.map(dependency),
  killOnFailedDep: submission.killOnFailedDependency,
  requeueExits: submission.requeueExits,
  seed: submission.seed ?? null,
  graceMs: submission.graceMs ?? null,
  warnSignal: submission.warnSignal === undefined ? null : { ...submission.warnSignal },
  resumeArg: submission.resumeArg || null,
  checkpoints: submission.checkpoints || null,
  metric: submission.metric || null,
  from: submission.from || null,
  wandb: !submission.noWandb,
  template: submission.template,
  split: submission.split,
  layout: submission.layout,
  umask: submission.umask ?? null,
  nice: submission.nice,
  configuration: configurationJson(submission.configuration),
});
