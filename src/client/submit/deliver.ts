import {
  type CodeAt,
  RunsService,
  type Submission,
  type SubmitHeader,
  type SubmitRequest,
  type SubmitResponse,
} from '../../gen/expd/v1/runs.js';
import type { Daemon } from '../connect.js';
import { requestId } from '../request-id.js';
import type { Call } from './understand.js';

/** The daemon takes messages up to 4 MiB; a single long command may have to go alone. */
const BATCH_BYTES = 1 << 20;
const BATCH_RUNS = 1000;

/** Resolves once every accepted one is durable. A broken connection is no matter: the request id stays. */
export function deliver(
  daemon: Daemon,
  shell: Pick<SubmitHeader, 'environment' | 'rlimits'>,
  code: CodeAt[],
  { submissions, sweep, blobs }: Pick<Call, 'submissions' | 'sweep' | 'blobs'>,
): Promise<SubmitResponse> {
  const header: SubmitRequest = {
    part: { $case: 'header', value: { requestId: requestId(), ...shell, code, blobs, sweep } },
  };
  const asks = batches(submissions).map(
    (batch): SubmitRequest => ({ part: { $case: 'batch', value: { submissions: batch } } }),
  );
  return daemon.upload(RunsService.submit, [header, ...asks]);
}

function batches(submissions: readonly Submission[]): Submission[][] {
  const all: Submission[][] = [];
  let bytes = 0;
  for (const submission of submissions) {
    const more = roughBytes(submission);
    const last = all.at(-1);
    if (last === undefined || last.length === BATCH_RUNS || bytes + more > BATCH_BYTES) {
      all.push([submission]);
      bytes = more;
    } else {
      last.push(submission);
      bytes += more;
    }
  }
  return all;
}

/** A UTF-16 unit is at most three bytes of UTF-8. */
const roughBytes = ({ argv, envSet, note, configuration }: Submission): number => {
  const composed = configuration === undefined ? [] : [configuration.job, ...configuration.overrides];
  const texts = [...argv, ...Object.entries(envSet).flat(), note, ...composed];
  return 1024 + 3 * texts.reduce((sum, { length }) => sum + length + 2, 0);
};
