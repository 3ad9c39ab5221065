import {
  type CodeAt,
  RunsService,
  type Submission,
  type SubmitHeader,
  type SubmitRequest,
  type SubmitResponse,
} from '../../gen/expd/v1/runs.js';
import type { Daemon } from '../connect.js';
import { ClientError } from '../errors.js';
import { requestId } from '../request-id.js';
import type { Call } from './understand.js';

/** The daemon takes messages up to 8 MiB; what is larger than this by itself goes alone. */
const MESSAGE_BYTES = 1 << 20;
const BATCH_RUNS = 1000;
const LARGEST_BLOB = 7 << 20;

/** Resolves once every accepted one is durable. A broken connection is no matter: the request id stays. */
export function deliver(
  daemon: Daemon,
  shell: Pick<SubmitHeader, 'environment' | 'rlimits'>,
  code: CodeAt[],
  call: Pick<Call, 'submissions' | 'sweep' | 'blobs'>,
): Promise<SubmitResponse> {
  return daemon.upload(RunsService.submit, messages({ ...shell, code }, call));
}

/** The parts of a call, each small enough for a message. @throws ClientError */
export function messages(
  shell: Pick<SubmitHeader, 'environment' | 'rlimits' | 'code'>,
  { submissions, sweep, blobs }: Pick<Call, 'submissions' | 'sweep' | 'blobs'>,
): SubmitRequest[] {
  if (blobs.some(({ length }) => length > LARGEST_BLOB))
    throw new ClientError(
      'config_invalid',
      `the files of the configuration have more than ${LARGEST_BLOB >> 20} MiB`,
      'name fewer of them in its defaults, or keep data elsewhere',
    );
  const header: SubmitHeader = { requestId: requestId(), ...shell, blobs: [], sweep };
  const contents = portions(blobs, ({ length }) => length);
  const batches = portions(submissions, roughBytes);
  return [
    { part: { $case: 'header', value: header } },
    ...contents.map((some): SubmitRequest => ({ part: { $case: 'contents', value: { blobs: some } } })),
    ...batches.map((some): SubmitRequest => ({ part: { $case: 'batch', value: { submissions: some } } })),
  ];
}

function portions<T>(items: readonly T[], sizeOf: (item: T) => number): T[][] {
  const all: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const more = sizeOf(item);
    const last = all.at(-1);
    if (last === undefined || last.length === BATCH_RUNS || bytes + more > MESSAGE_BYTES) {
      all.push([item]);
      bytes = more;
    } else {
      last.push(item);
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
