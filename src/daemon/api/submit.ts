import { changeEnvironment, type Environment, filterEnvironment } from '../../environment.js';
import type {
  Submission as Asked,
  SubmitRequest,
  SubmitResponse,
  SubmitResult,
} from '../../gen/expd/v1/runs.js';
import type { Clock } from '../clock.js';
import { UserError } from '../errors.js';
import type { Command, Result } from '../queue/commands.js';
import type { Queue } from '../queue/queue.js';
import type { Reader } from '../store/reader.js';
import type { EnvironmentPort } from './environment.js';
import { toDetail } from './errors.js';
import { decided } from './results.js';
import type { Lookup } from './select.js';
import { inSlices } from './slices.js';
import { type Defaults, newRun } from './submission.js';
import { type Reasons, runView } from './view.js';
import { Warnings } from './warnings.js';

export interface SubmitPorts {
  queue: Pick<Queue, 'execute'>;
  reads: Lookup & Pick<Reader, 'submission'>;
  environments: EnvironmentPort;
  reasons: Reasons;
  clock: Clock;
  defaults(): Defaults;
  /** The daemon's condition, as far as it matters to a submitter. */
  notices(): string[];
}

const MOST_SUBMISSIONS = 100_000;

/** Batch after batch: each is durable before the next is looked at, so that later ones may name earlier ones. */
export async function submit(
  ports: SubmitPorts,
  requests: AsyncIterable<SubmitRequest>,
): Promise<SubmitResponse> {
  const results: SubmitResult[] = [];
  let header: { requestId: string; environment: Environment } | null = null;
  let batches = 0;
  const warnings = new Warnings();
  for await (const { part } of requests) {
    if (part === undefined) throw new UserError('usage', 'a message holds neither header nor batch');
    if (part.$case === 'header') {
      if (header !== null) throw new UserError('usage', 'there is one header, before the first batch');
      header = { requestId: part.value.requestId, environment: part.value.environment };
      continue;
    }
    if (header === null) throw new UserError('usage', 'the header comes before the first batch');
    const { submissions } = part.value;
    if (results.length + submissions.length > MOST_SUBMISSIONS)
      throw new UserError('usage', `more than ${MOST_SUBMISSIONS} submissions in one call`, 'make several');
    const requestId = header.requestId === '' ? null : `${header.requestId}/${batches++}`;
    results.push(...(await submitBatch(ports, requestId, submissions, header.environment, warnings)));
  }
  return { results, notices: ports.notices() };
}

async function submitBatch(
  ports: SubmitPorts,
  requestId: string | null,
  submissions: readonly Asked[],
  base: Environment,
  warnings: Warnings,
): Promise<SubmitResult[]> {
  const stored = new StoredEnvironments(ports.environments, base);
  try {
    const prepared = await inSlices(submissions, (asked) => prepare(ports, asked, stored, warnings));
    const results = await ports.queue.execute({
      requestId,
      commands: prepared.map(({ command }) => command),
    });
    return await inSlices(results, (result, n) => submitResult(ports, result, prepared[n]?.warnings ?? []));
  } finally {
    stored.release();
  }
}

interface Prepared {
  command: Command;
  warnings: string[];
}

async function prepare(
  { reads, defaults, clock }: SubmitPorts,
  asked: Asked,
  stored: StoredEnvironments,
  warnings: Warnings,
): Promise<Prepared> {
  try {
    // Everything is checked before the environment is stored; the sha is not known yet.
    const run = newRun(asked, '', reads, defaults(), clock.now());
    const { environment, envSha } = await stored.changed(asked.envSet, asked.envDrop);
    run.submission.envSha = envSha;
    return { command: { do: 'submit', run }, warnings: await warnings.of(run.submission, environment) };
  } catch (err) {
    return { command: decided(null, err), warnings: [] };
  }
}

/** The environments of one batch: once stored per content, held until the batch is committed. */
class StoredEnvironments {
  readonly #known = new Map<string, Promise<{ environment: Environment; envSha: string }>>();
  readonly #held: string[] = [];

  constructor(
    private readonly environments: SubmitPorts['environments'],
    private readonly base: Environment,
  ) {}

  changed(set: Environment, drop: readonly string[]): Promise<{ environment: Environment; envSha: string }> {
    const change = JSON.stringify([set, drop]);
    const known = this.#known.get(change) ?? this.#store(set, drop);
    this.#known.set(change, known);
    return known;
  }

  release(): void {
    for (const sha of this.#held) this.environments.release(sha);
  }

  async #store(set: Environment, drop: readonly string[]) {
    const { environment: own } = filterEnvironment(this.base);
    const environment = changeEnvironment(own, set, drop);
    const envSha = await this.environments.store(environment);
    this.#held.push(envSha);
    return { environment, envSha };
  }
}

/** Without what stands in the submission: the caller has it. */
export function submitResult(
  { reads, reasons }: SubmitPorts,
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
