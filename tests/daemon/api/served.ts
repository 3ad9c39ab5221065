import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClientReadableStream,
  credentials,
  type Metadata,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { Calls } from '../../../src/daemon/api/call.js';
import { type DaemonPorts, daemonService } from '../../../src/daemon/api/daemon.js';
import { healthService } from '../../../src/daemon/api/health.js';
import { logsService } from '../../../src/daemon/api/logs.js';
import { reflection } from '../../../src/daemon/api/reflection.js';
import type { RunFiles } from '../../../src/daemon/api/remove.js';
import { type RunsPorts, runsService } from '../../../src/daemon/api/runs.js';
import { type Listening, listen } from '../../../src/daemon/api/server.js';
import type { Candidate } from '../../../src/daemon/checkpoints/candidate.js';
import { UserError } from '../../../src/daemon/errors.js';
import type { Log } from '../../../src/daemon/log.js';
import type { Command, Result } from '../../../src/daemon/queue/commands.js';
import type { QueueOptions } from '../../../src/daemon/queue/queue.js';
import type { Outcome } from '../../../src/daemon/run/outcome.js';
import { configurationStore } from '../../../src/daemon/rundir/configurations.js';
import { type ContentStore, contentStore } from '../../../src/daemon/rundir/content.js';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import { DaemonClient, DaemonService } from '../../../src/gen/expd/v1/daemon.js';
import { ErrorDetail } from '../../../src/gen/expd/v1/errors.js';
import { LogsClient } from '../../../src/gen/expd/v1/logs.js';
import {
  type ActResponse,
  RunsClient,
  RunsService,
  Submission,
  SubmitHeader,
  SubmitRequest,
  type SubmitResponse,
  SweepHeader,
} from '../../../src/gen/expd/v1/runs.js';
import { HealthClient, HealthService } from '../../../src/gen/grpc/health/v1/health.js';
import { ERROR_KEY } from '../../../src/protocol.js';
import { of } from '../../helpers/message.js';
import { claimOf, endOf, Store, success, transitionOf } from '../../helpers/store.js';

/** The services on a socket of their own over a real queue and reader; the executor is played by the test. */
export class Served {
  readonly dir = mkdtempSync(join(tmpdir(), 'expd-api-'));
  readonly socket = join(this.dir, 'run/expd.sock');
  store!: Store;
  runs!: RunsClient;
  logs!: LogsClient;
  daemon!: DaemonClient;
  health!: HealthClient;
  /** What was logged, as the fields that were handed in. */
  readonly logged: Record<string, unknown>[] = [];
  /** Batches that reached the queue. */
  /** The one that every search for a checkpoint finds; null: none does. */
  checkpoint: string | null = null;
  batches: { requestId: string | null; commands: Command[] }[] = [];
  /** Happens between what a call has read and what it changes. */
  meanwhile: () => Promise<unknown> = async () => {};
  discarded: number[] = [];
  /** Pages of events that watchers have read. */
  eventPages = 0;
  stops = 0;
  asked = 0;
  #listening!: Listening;
  readonly #clients: { close(): void }[] = [];

  static async open(options: Partial<QueueOptions> = {}): Promise<Served> {
    const served = new Served();
    served.store = await Store.open(options);
    mkdirSync(join(served.dir, 'run'), { mode: 0o700 });
    await served.listen();
    served.connect();
    return served;
  }

  async listen(idleMs = 60_000): Promise<void> {
    const closing = new AbortController();
    const log = this.#log();
    const calls = new Calls(log, closing.signal);
    this.#listening = await listen({
      socket: this.socket,
      closing,
      log,
      idleMs,
      services: [
        [RunsService, runsService(this.#runsPorts(calls))],
        logsService(this.#runsPorts(calls)),
        [DaemonService, daemonService(this.#daemonPorts(calls))],
        [HealthService, healthService(calls, new Set(['expd.v1.Runs']))],
        ...reflection(),
      ],
    });
  }

  connect(): void {
    const address = `unix:${this.socket}`;
    // Each with a connection of its own, as other processes would have.
    const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_receive_message_length': -1 };
    const make = <Client extends { close(): void }>(
      client: new (
        address: string,
        key: ReturnType<typeof credentials.createInsecure>,
        options: object,
      ) => Client,
    ): Client => {
      const made = new client(address, credentials.createInsecure(), options);
      this.#clients.push(made);
      return made;
    };
    this.runs = make(RunsClient);
    this.logs = make(LogsClient);
    this.daemon = make(DaemonClient);
    this.health = make(HealthClient);
  }

  /** Only the socket: queue and store stay. */
  stopListening(): Promise<void> {
    return this.#listening.close();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.stopListening();
    await this.store.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  submit(submissions: Partial<Submission>[], header: Partial<SubmitHeader> = {}) {
    return answer<SubmitResponse>((done) => {
      const call = this.runs.submit(done);
      const environment = { PATH: process.env.PATH ?? '' };
      const value = of(SubmitHeader, { environment, ...header });
      call.write({ part: { $case: 'header', value } });
      call.write({
        part: { $case: 'batch', value: { submissions: submissions.map((one) => this.submission(one)) } },
      });
      call.end();
    });
  }

  /** One call, its submissions in batches of `perBatch`. */
  submitSweep(
    submissions: Partial<Submission>[],
    sweep: Partial<SweepHeader> = {},
    { perBatch = 100, ...header }: Partial<SubmitHeader> & { perBatch?: number } = {},
  ) {
    return answer<SubmitResponse>((done) => {
      const call = this.runs.submit(done);
      const environment = { PATH: process.env.PATH ?? '' };
      const value = of(SubmitHeader, { environment, ...header, sweep: of(SweepHeader, sweep) });
      call.write({ part: { $case: 'header', value } });
      for (let at = 0; at < submissions.length; at += perBatch) {
        const batch = submissions.slice(at, at + perBatch).map((one) => this.submission(one));
        call.write({ part: { $case: 'batch', value: { submissions: batch } } });
      }
      call.end();
    });
  }

  submission(changes: Partial<Submission> = {}): Submission {
    return { ...of(Submission), argv: ['true'], cwd: this.dir, project: this.dir, umask: 0o022, ...changes };
  }

  /** The id of a new run. */
  async submitted(changes: Partial<Submission> = {}): Promise<number> {
    const { results } = await this.submit([changes]);
    const [result] = results;
    if (result?.run === undefined) throw new Error(`refused: ${JSON.stringify(result)}`);
    return result.run.id;
  }

  /** Where attempt `number` of the run logs. */
  logFile(id: number, number = 1): string {
    const directory = join(this.dir, `run-${id}-${number}`, 'logs');
    mkdirSync(directory, { recursive: true });
    return join(directory, `attempt-${number}.log`);
  }

  /** The next attempt runs; its log file is not there yet. */
  async start(id: number, number = 1, split = false): Promise<string> {
    const log = this.logFile(id, number);
    const claim = claimOf(id, number);
    if (claim.do !== 'transition' || claim.facts?.of !== 'claimed') throw new Error('no claim');
    const facts = { ...claim.facts, runDir: join(log, '../..'), log, errorLog: split ? `${log}.err` : null };
    await this.store.ok({ ...claim, facts });
    await this.store.ok(transitionOf(id, { kind: 'spawned' }));
    return log;
  }

  async end(id: number, outcome: Outcome = success, number = 1): Promise<void> {
    await this.store.ok(endOf(id, number, outcome));
  }

  /** A run that printed `text` and has ended. */
  async finished(text = '', outcome: Outcome = success): Promise<number> {
    const id = await this.submitted();
    appendFileSync(await this.start(id), text);
    await this.end(id, outcome);
    return id;
  }

  act(verb: 'cancel' | 'hold' | 'release' | 'pause', runs: string[], requestId = ''): Promise<ActResponse> {
    return answer((done) => this.runs[verb]({ requestId, runs }, done));
  }

  #log(): Log {
    const note = (fields: unknown): void => void this.logged.push(fields as Record<string, unknown>);
    return { debug: note, info: note, warn: note, error: note, fatal: note };
  }

  #runsPorts(calls: Calls): RunsPorts {
    const { queue, reader, clock } = this.store;
    const diffs: ContentStore = contentStore(join(this.store.dir, 'code'), 'diff');
    return {
      calls,
      queue: {
        execute: async (batch): Promise<Result[]> => {
          await this.meanwhile();
          this.batches.push(batch);
          return queue.execute(batch);
        },
      },
      onCommit: queue.onCommit,
      reads: {
        ...reader,
        events: (...query) => {
          this.eventPages++;
          return reader.events(...query);
        },
      },
      reasons: {
        reason: (id) =>
          reader.run(id)?.state === 'queued' ? { code: 'no_free_slot', text: 'no free slot' } : null,
        stuck: () => null,
        ahead: (id) => reader.queued().filter((run) => run.id < id).length,
      },
      progress: { live: { progress: () => null, standings: () => null }, stored: reader },
      environments: environmentStore(this.store.dir),
      configurations: configurationStore(this.store.dir),
      diffs,
      experiments: { elsewhere: async () => null },
      files: this.#files(),
      keeper: { choose: () => this.#checkpoint(), at: () => this.#checkpoint() },
      clock,
      defaults: () => ({
        layout: 'hybrid',
        graceMs: 60_000,
        layouts: new Set(['hybrid', 'flat']),
        sweepLimit: 1000,
      }),
      notices: () => ['the daemon is draining'],
      remarks: async (run) => [`remark on ${run.id}`],
    };
  }

  async #checkpoint(): Promise<Candidate> {
    const path = this.checkpoint;
    if (path === null) throw new UserError('not_found', 'there is no such checkpoint', 'name another');
    return {
      ...{ path, of: null, preset: 'plain', kind: 'directory', step: 120, bytes: 1, writtenAt: 1 },
      ...{ best: false, told: false, metrics: {}, missing: null },
    };
  }

  #files(): RunFiles {
    return {
      find: async (run) => [join(this.dir, `run-${run.id}`)],
      discard: async (run) => {
        this.discarded.push(run.id);
        return [join(this.dir, 'outputs/.trash', `run-${run.id}`)];
      },
      findSweep: async (sweep) => [join(this.dir, `sweep-${sweep.id}`)],
      discardSweep: async (sweep) => [join(this.dir, 'outputs/.trash', `sweep-${sweep.id}`)],
    };
  }

  #daemonPorts(calls: Calls): DaemonPorts {
    return {
      calls,
      queue: this.store.queue,
      info: () => ({
        version: '0.1.0',
        startedAtMs: 1,
        stateDir: this.store.dir,
        socket: this.socket,
        settingsFile: '',
        logFile: '',
        shimVersion: '',
        hostname: 'host',
        slots: 1,
        running: 0,
        queued: this.store.reader.queued().length,
        draining: this.store.reader.draining(),
        notices: [],
        installed: false,
      }),
      doctor: async () => [{ id: 'disk', level: 'warn', message: 'low', hint: 'free some' }],
      stopAll: async () => {
        this.stops++;
      },
      settings: () => [{ key: 'slots', value: '1', origin: 'default', description: 'how many' }],
      sizeOf: async () => 42,
      shutDown: () => {
        this.asked++;
      },
    };
  }
}

export { of };

/** The answer of a call; rejects with a Failed. */
export const answer = <Answer>(
  call: (done: (err: ServiceError | null, answer: Answer) => void) => unknown,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    call((err, value) => (err === null ? resolve(value) : reject(new Failed(err))));
  });

/** A failed call with its typed detail. */
export class Failed extends Error {
  readonly status: number;
  readonly detail: ErrorDetail | null;

  constructor({ code, details, metadata }: Pick<StatusObject, 'code' | 'details'> & { metadata?: Metadata }) {
    super(`${code}: ${details}`);
    this.status = code;
    const [bytes] = metadata?.get(ERROR_KEY) ?? [];
    this.detail = bytes instanceof Buffer ? ErrorDetail.decode(bytes) : null;
  }
}

/** What a stream said until its end; rejects with a Failed. */
export async function collected<Message>(stream: ClientReadableStream<Message>): Promise<Message[]> {
  const messages: Message[] = [];
  stream.on('data', (message: Message) => void messages.push(message));
  await ended(stream);
  return messages;
}

export const ended = (stream: ClientReadableStream<unknown>): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.on('error', (err: ServiceError) => reject(new Failed(err)));
    stream.on('end', () => resolve());
  });

export { SubmitRequest };
