import { randomUUID } from 'node:crypto';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  type ActResponse,
  EditRequest,
  type GetResponse,
  ListRequest,
  type ListResponse,
  RemoveRequest,
  type RemoveResponse,
  type Run,
  RunsClient,
  Submission,
  type SubmitResult,
  type WatchResponse,
} from '../../src/gen/expd/v1/runs.js';

/** The verbs that change runs one by one. */
export type Verb = 'cancel' | 'hold' | 'release' | 'pause' | 'retry';

/**
 * A daemon's runs, called by grpc-js as any other client may: not by expctl's own transport, which
 * tries again by itself. A call fails at once when the daemon goes away.
 */
export class Calls {
  readonly #client: InstanceType<typeof RunsClient>;

  constructor(
    socket: string,
    private readonly deadlineMs = 10_000,
  ) {
    this.#client = new RunsClient(`unix:${socket}`, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.min_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 100,
      // Clients of one process shall not share a connection.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  submit(
    asked: readonly Partial<Submission>[],
    environment: Readonly<Record<string, string>> = {},
    requestId: string = randomUUID(),
  ): Promise<SubmitResult[]> {
    return new Promise((resolve, reject) => {
      const stream = this.#client.submit(new Metadata(), this.#deadline(), (error, response) =>
        error ? reject(error) : resolve(response.results),
      );
      stream.on('error', () => {}); // told to the callback
      stream.write({
        part: { $case: 'header', value: { requestId, environment, blobs: [], rlimits: [], code: [] } },
      });
      const submissions = asked.map((one) => ({ ...Submission.decode(new Uint8Array()), ...one }));
      stream.write({ part: { $case: 'batch', value: { submissions } } });
      stream.end();
    });
  }

  /** The result of one verb on one run; rejects when it was refused, too. */
  async act(verb: Verb, runId: number, requestId: string = randomUUID()): Promise<Run> {
    const runs = [String(runId)];
    const { results } = await this.#unary<ActResponse>((done) =>
      verb === 'retry'
        ? this.#client.retry(
            { requestId, runs, fresh: false, environment: undefined, failedOnly: false },
            new Metadata(),
            this.#deadline(),
            done,
          )
        : this.#client[verb]({ requestId, runs }, new Metadata(), this.#deadline(), done),
    );
    return accepted(results[0]);
  }

  async get(runId: number): Promise<Run> {
    const { run } = await this.#unary<GetResponse>((done) =>
      this.#client.get({ run: String(runId), logLines: 0 }, new Metadata(), this.#deadline(), done),
    );
    if (run === undefined) throw new Error(`no run ${runId} in the answer`);
    return run;
  }

  /** Writes a note on a run. */
  async note(runId: number, note: string): Promise<Run> {
    const request = {
      ...EditRequest.decode(new Uint8Array()),
      requestId: randomUUID(),
      runs: [String(runId)],
      note,
    };
    const { results } = await this.#unary<ActResponse>((done) =>
      this.#client.edit(request, new Metadata(), this.#deadline(), done),
    );
    return accepted(results[0]);
  }

  /** Forgets a final run. */
  async remove(runId: number): Promise<void> {
    const request = {
      ...RemoveRequest.decode(new Uint8Array()),
      requestId: randomUUID(),
      runs: [String(runId)],
    };
    const { results } = await this.#unary<RemoveResponse>((done) =>
      this.#client.remove(request, new Metadata(), this.#deadline(), done),
    );
    if (results[0] === undefined || results[0].error !== undefined)
      throw new Refused(results[0]?.error?.message ?? 'no result');
  }

  list(changes: Partial<ListRequest> = {}): Promise<ListResponse> {
    const request = { ...ListRequest.decode(new Uint8Array()), ...changes };
    return this.#unary((done) => this.#client.list(request, new Metadata(), this.#deadline(), done));
  }

  /** Every event after `seq`, until the stream ends; the last that came. Never rejects: a daemon that dies ends it. */
  watch(seq: number, each: (told: WatchResponse) => void): { last: Promise<number>; cancel(): void } {
    const stream = this.#client.watch({ afterSeq: seq, runs: [] });
    let last = seq;
    stream.on('data', (told: WatchResponse) => {
      last = told.event?.seq ?? last;
      each(told);
    });
    const over = new Promise<number>((resolve) => {
      stream.on('error', () => resolve(last)).on('end', () => resolve(last));
    });
    return { last: over, cancel: () => stream.cancel() };
  }

  /** Resolves once there is a connection; false: not within a second. */
  connected(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.waitForReady(Date.now() + 1000, (error) => resolve(error === undefined));
    });
  }

  close(): void {
    this.#client.close();
  }

  #deadline = () => ({ deadline: Date.now() + this.deadlineMs });

  #unary<Answer>(
    call: (done: (error: ServiceError | null, answer: Answer) => void) => unknown,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      call((error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}

function accepted(result: ActResponse['results'][number] | undefined): Run {
  if (result?.run === undefined || result.error !== undefined)
    throw new Refused(result?.error?.message ?? 'no result');
  return result.run;
}

/** The daemon answered, and said no. */
export class Refused extends Error {}

/** By its service, or as a whole; other failures leave open whether it was done. */
export const wasRefused = (error: unknown): boolean =>
  error instanceof Refused ||
  (error instanceof Error && 'code' in error && error.code === status.RESOURCE_EXHAUSTED);
