import type { ExplainRequest, ExplainResponse, GetRequest, GetResponse } from '../../gen/expd/v1/runs.js';
import type { Clock } from '../clock.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import { excerpt } from './excerpt.js';
import { within } from './limits.js';
import { fullProgress, type ProgressReads } from './progress-view.js';
import { type Lookup, selectOne } from './select.js';
import {
  attemptView,
  codeView,
  dependencyView,
  eventView,
  type Reasons,
  runView,
  submissionView,
} from './view.js';

export interface GetPorts {
  clock: Clock;
  progress: ProgressReads;
  reads: Lookup &
    Pick<
      Reader,
      'submission' | 'attempts' | 'code' | 'dependencies' | 'dependants' | 'history' | 'newestAttempt'
    >;
  reasons: Reasons & {
    /** How many queued runs have their turn before this one. */
    ahead(runId: number): number;
  };
  /** What is to be said of a run beside its state: "code changed since submission: 3 files". */
  remarks(run: StoredRun): Promise<string[]>;
}

const MOST_LINES = 10_000;

/** One run, whole. */
export async function get(ports: GetPorts, request: GetRequest): Promise<GetResponse> {
  const { reads, reasons } = ports;
  const run = selectOne(request.run, reads);
  const stored = reads.submission(run.id);
  const submission = stored.ok ? stored.submission : null;
  const code = reads.code(run.id);
  const damage = stored.ok ? [] : [`the stored submission is ${stored.why}: the run cannot be started`];
  const { progress, metrics } = fullProgress(ports.progress, run.id, ports.clock.now());
  return {
    run: { ...runView(run, reasons, submission), progress },
    metrics,
    submission: submission === null ? undefined : submissionView(run, submission, reads.dependencies(run.id)),
    attempts: reads.attempts(run.id).map(attemptView),
    code: code === null ? undefined : codeView(code),
    notices: [...damage, ...(await ports.remarks(run))],
    logTail: await logTail(ports, run, within('the number of log lines', request.logLines, 0, MOST_LINES)),
    dependants: reads.dependants(run.id).map(dependencyView),
  };
}

/** Of a run that was split what it wrote to standard error, where errors stand. */
async function logTail({ reads }: GetPorts, run: StoredRun, lines: number): Promise<Buffer> {
  const attempt = lines === 0 ? null : reads.newestAttempt(run.id);
  if (attempt === null) return Buffer.alloc(0);
  const tail = await excerpt(attempt.errorLog ?? attempt.log, lines);
  return tail.length > 0 || attempt.errorLog === null ? tail : await excerpt(attempt.log, lines);
}

export function explain(
  { reads, reasons }: Pick<GetPorts, 'reads' | 'reasons'>,
  request: ExplainRequest,
): ExplainResponse {
  const run = selectOne(request.run, reads);
  const stored = reads.submission(run.id);
  return {
    run: runView(run, reasons, stored.ok ? stored.submission : null),
    ahead: run.state === 'queued' ? reasons.ahead(run.id) : 0,
    history: reads.history(run.id).map(eventView),
  };
}
