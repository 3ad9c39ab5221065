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
import { type ExperimentPorts, refusedExperiments } from './experiments.js';
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
  experiments: ExperimentPorts;
  /** The daemon's condition, as far as it matters to a submitter. */
  notices(): string[];
}

const MOST_SUBMISSIONS = 100_000;
/** One transaction; while it is committed the next ones are looked at. */
const TOGETHER = 250;
/** Transactions under way at most. */
const UNDER_WAY = 4;

/**
 * Answered when all are durable: in their order, portion by portion; with a sweep in the header they are gathered,
 * and durable together.
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
        if (part.$case === 'contents') call.take(part.value.blobs);
        else await call.add(part.value.submissions);
      }
    }
    const answer = call === null ? { results: [], sweep: undefined } : await call.answer();
    checkStored(answer.results);
    return { ...answer, notices: ports.notices() };
  } finally {
    await call?.release();
  }
}

/** Where a full disk took nothing the call itself says so, for clients that look at its status alone. */
function checkStored(results: readonly SubmitResult[]): void {
  const [first] = results;
  if (first?.error === undefined || results.some(({ error }) => error?.code !== FULL)) return;
  throw new UserError(FULL, first.error.message, first.error.hint);
}

const FULL = 'storage_full';

/** What a header begins. */
interface Call {
  /** Contents that submissions name which are still to come. */
  take(blobs: readonly Uint8Array[]): void;
  add(submissions: readonly Asked[]): Promise<void>;
  answer(): Promise<{ results: SubmitResult[]; sweep: SweepView | undefined }>;
  /** It is over, however it went: what is kept for it may go once nothing is under way. */
  release(): Promise<void>;
}

function callOf(ports: SubmitPorts, header: SubmitHeader): Call {
  const preparation = new Preparation(ports, header);
  return header.sweep === undefined
    ? new Batches(ports, header.requestId, preparation)
    : new GatheredSweep(ports, header.requestId, header.sweep, preparation);
}

/** Submissions that have nothing to do with each other. */
class Batches implements Call {
  readonly #answers: Promise<SubmitResult[]>[] = [];
  #asked = 0;

  constructor(
    private readonly ports: SubmitPorts,
    private readonly requestId: string,
    private readonly preparation: Preparation,
  ) {}

  async add(submissions: readonly Asked[]): Promise<void> {
    this.#asked += submissions.length;
    if (this.#asked > MOST_SUBMISSIONS)
      throw usage(`more than ${MOST_SUBMISSIONS} submissions in one call`, 'make several');
    for (const portion of portions(submissions)) {
      if (portion.some(looksBack)) await Promise.all(this.#answers);
      await this.#answers.at(-UNDER_WAY);
      this.#handIn(await inSlices(portion, (asked) => this.#prepare(asked)));
    }
  }

  take = (blobs: readonly Uint8Array[]): void => this.preparation.contents.take(blobs);

  answer = async () => ({ results: (await Promise.all(this.#answers)).flat(), sweep: undefined });

  async release(): Promise<void> {
    await Promise.allSettled(this.#answers);
    await this.preparation.release();
  }

  /** To the queue at once, and so in order. A repeat of the request comes in the same portions. */
  #handIn(prepared: readonly PreparedCommand[]): void {
    const requestId = this.requestId === '' ? null : `${this.requestId}/${this.#answers.length}`;
    const answer = this.ports.queue
      .execute({ requestId, commands: prepared.map(({ command }) => command) })
      .then((results) =>
        inSlices(results, (result, n) => submitResult(this.ports, result, prepared[n]?.warnings ?? [])),
      );
    answer.catch(() => {}); // it is waited for later
    this.#answers.push(answer);
  }

  async #prepare(asked: Asked): Promise<PreparedCommand> {
    try {
      const { run, warnings } = await this.preparation.run(asked);
      const { key, experimentId } = run;
      if (experimentId !== null && (key === null || this.ports.reads.runByKey(key) === null)) {
        const refused = (await refusedExperiments([{ run, experimentId }], this.ports.experiments)).get(run);
        if (refused !== undefined) throw refused;
      }
      return { command: { do: 'submit', run }, warnings };
    } catch (err) {
      return { command: decided(null, err), warnings: [] };
    }
  }
}

interface PreparedCommand {
  command: Command;
  warnings: string[];
}

/** One that may name a run of this call begins a portion: all before it are durable when it is looked at. */
function* portions(submissions: readonly Asked[]): Generator<readonly Asked[]> {
  let portion: Asked[] = [];
  for (const asked of submissions) {
    if (portion.length === TOGETHER || (portion.length > 0 && namesRuns(asked))) {
      yield portion;
      portion = [];
    }
    portion.push(asked);
  }
  if (portion.length > 0) yield portion;
}

/** By other than an id, which only runs have that are there already. */
const namesRuns = ({ after }: Asked): boolean => after.some(({ run }) => !/^\d+$/.test(run));

/** What is there already decides about it. */
const looksBack = (asked: Asked): boolean => namesRuns(asked) || asked.experimentId !== '';

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
