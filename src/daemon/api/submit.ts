import type {
  Submission as Asked,
  SubmitHeader,
  SubmitRequest,
  SubmitResponse,
  SubmitResult,
  Sweep as SweepView,
} from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Command, Result } from '../queue/commands.js';
import type { Queue } from '../queue/queue.js';
import type { Reader } from '../store/reader.js';
import { toDetail } from './errors.js';
import { refusedExperiments } from './experiments.js';
import { Preparation, type PreparationPorts } from './preparation.js';
import { decided } from './results.js';
import { inSlices } from './slices.js';
import { GatheredSweep } from './submit-sweep.js';
import { type Reasons, runView } from './view.js';

export interface SubmitPorts extends PreparationPorts {
  queue: Pick<Queue, 'execute'>;
  reads: PreparationPorts['reads'] &
    Pick<Reader, 'submission' | 'runByKey' | 'sweepByKey' | 'jobsOf' | 'sweepCounts'>;
  reasons: Reasons;
  /** The daemon's condition, as far as it matters to a submitter. */
  notices(): string[];
}

const MOST_SUBMISSIONS = 100_000;

/**
 * Batch after batch: each is durable before the next is looked at, so that later ones may name earlier ones.
 * With a sweep in the header all are gathered, and durable together.
 */
export async function submit(
  ports: SubmitPorts,
  requests: AsyncIterable<SubmitRequest>,
): Promise<SubmitResponse> {
  let call: Call | null = null;
  try {
    for await (const { part } of requests) {
      if (part === undefined) throw usage('a message holds neither header nor batch');
      if (part.$case === 'header') {
        if (call !== null) throw usage('there is one header, before the first batch');
        call = callOf(ports, part.value);
      } else {
        if (call === null) throw usage('the header comes before the first batch');
        await call.add(part.value.submissions);
      }
    }
    const answer = call === null ? { results: [], sweep: undefined } : await call.answer();
    return { ...answer, notices: ports.notices() };
  } finally {
    await call?.preparation.release();
  }
}

/** What a header begins. */
interface Call {
  preparation: Preparation;
  add(submissions: readonly Asked[]): Promise<void>;
  answer(): Promise<{ results: SubmitResult[]; sweep: SweepView | undefined }>;
}

function callOf(ports: SubmitPorts, header: SubmitHeader): Call {
  const preparation = new Preparation(ports, header);
  return header.sweep === undefined
    ? new Batches(ports, header.requestId, preparation)
    : new GatheredSweep(ports, header.requestId, header.sweep, preparation);
}

/** Submissions that have nothing to do with each other. */
class Batches implements Call {
  readonly #results: SubmitResult[] = [];
  #batches = 0;

  constructor(
    private readonly ports: SubmitPorts,
    private readonly requestId: string,
    readonly preparation: Preparation,
  ) {}

  async add(submissions: readonly Asked[]): Promise<void> {
    if (this.#results.length + submissions.length > MOST_SUBMISSIONS)
      throw usage(`more than ${MOST_SUBMISSIONS} submissions in one call`, 'make several');
    const requestId = this.requestId === '' ? null : `${this.requestId}/${this.#batches++}`;
    const prepared = await inSlices(submissions, (asked) => this.#prepare(asked));
    const commands = prepared.map(({ command }) => command);
    const results = await this.ports.queue.execute({ requestId, commands });
    this.#results.push(
      ...(await inSlices(results, (result, n) =>
        submitResult(this.ports, result, prepared[n]?.warnings ?? []),
      )),
    );
  }

  answer = async () => ({ results: this.#results, sweep: undefined });

  async #prepare(asked: Asked): Promise<{ command: Command; warnings: string[] }> {
    try {
      const { run, warnings } = await this.preparation.run(asked);
      const { key, experimentId } = run;
      if (experimentId !== null && (key === null || this.ports.reads.runByKey(key) === null)) {
        const refused = (await refusedExperiments([{ run, experimentId }])).get(run);
        if (refused !== undefined) throw refused;
      }
      return { command: { do: 'submit', run }, warnings };
    } catch (err) {
      return { command: decided(null, err), warnings: [] };
    }
  }
}

/** Without what stands in the submission: the caller has it. */
export function submitResult(
  { reads, reasons }: Pick<SubmitPorts, 'reads' | 'reasons'>,
  result: Result,
  warnings: string[],
): SubmitResult {
  if (!result.ok) return { run: undefined, existing: false, error: toDetail(result), warnings };
  const run = result.runId === null ? null : reads.run(result.runId);
  return {
    run: run === null ? undefined : runView(run, reasons),
    existing: result.existing === true,
    error: undefined,
    warnings,
  };
}

const usage = (message: string, hint = ''): UserError => new UserError('usage', message, hint);
