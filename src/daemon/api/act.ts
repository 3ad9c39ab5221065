import type {
  ActRequest,
  ActResponse,
  EnvironmentChange,
  ResumeRequest,
  RetryRequest,
} from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { AttemptFacts, Command, Result } from '../queue/commands.js';
import type { Queue } from '../queue/queue.js';
import type { RunEvent } from '../run/lifecycle.js';
import type { ResumeChoice } from '../run/run.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import { changedEnvironment, type EnvironmentPort, isChange } from './environment.js';
import { toDetail } from './errors.js';
import { decided } from './results.js';
import { type Lookup, type Selected, type SelectOptions, select } from './select.js';
import { inSlices } from './slices.js';
import { type Reasons, runView } from './view.js';

export interface ActPorts {
  queue: Pick<Queue, 'execute'>;
  reads: Lookup & Pick<Reader, 'submission'>;
  environments: EnvironmentPort;
  reasons: Reasons;
}

/** What a verb asks of each run that it names. The queue judges whether the run's state allows it. */
type Ask = (run: StoredRun) => RunEvent;

export const cancel: Ask = () => ({ kind: 'stopRequested', reason: 'cancel' });
export const hold: Ask = () => ({ kind: 'held', why: { code: 'user', text: 'held by you' } });
export const pause: Ask = () => ({ kind: 'paused' });
/** Lets go of what `hold` or `pause` did. */
export const release: Ask = (run) =>
  run.state === 'running' && run.paused ? { kind: 'continued' } : { kind: 'released' };

/** One verb on many runs: one transaction, a result for each. */
export async function act(
  ports: ActPorts,
  request: ActRequest,
  ask: Ask,
  options: SelectOptions = {},
): Promise<ActResponse> {
  return perform(ports, request.requestId, request.runs, options, async (run) => ({
    do: 'transition',
    runId: run.id,
    event: ask(run),
  }));
}

export async function retry(ports: ActPorts, request: RetryRequest): Promise<ActResponse> {
  const resume: ResumeChoice = { from: request.fresh ? 'nothing' : 'newest' };
  return perform(ports, request.requestId, request.runs, {}, (run) =>
    again(ports, run, { kind: 'retried', resume }, request.environment),
  );
}

export async function resume(ports: ActPorts, request: ResumeRequest): Promise<ActResponse> {
  const choice = checkpointChoice(request.from);
  return perform(ports, request.requestId, [request.run], {}, (run) =>
    again(ports, run, { kind: 'resumed', resume: choice }, request.environment),
  );
}

function checkpointChoice(from: string): ResumeChoice {
  if (from === '') return { from: 'newest' };
  if (from === 'best')
    throw new UserError('not_available', '--from best comes with metrics', 'name a step or a path');
  if (/^\d{1,15}$/.test(from) || from.startsWith('/')) return { from: 'chosen', what: from };
  throw new UserError(
    'usage',
    `${JSON.stringify(from)} is no checkpoint`,
    'name a step, or the absolute path of one',
  );
}

/** Another attempt, perhaps in another environment from now on. */
async function again(
  { reads, environments }: ActPorts,
  run: StoredRun,
  event: RunEvent,
  change: EnvironmentChange | undefined,
): Promise<Command> {
  if (!isChange(change)) return { do: 'transition', runId: run.id, event };
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  const envSha = await changedEnvironment(environments, stored.submission.envSha, change);
  return { do: 'transition', runId: run.id, event, facts: { of: 'again', envSha } satisfies AttemptFacts };
}

/** The frame of every verb that changes runs one by one. The queue answers a repeated request what the first one did. */
export async function perform(
  ports: ActPorts,
  requestId: string,
  words: readonly string[],
  options: SelectOptions,
  command: (run: StoredRun) => Promise<Command>,
): Promise<ActResponse> {
  const { queue, reads, environments } = ports;
  const commands = await inSlices(await select(words, reads, options), (one) => commandFor(one, command));
  try {
    return await response(ports, await queue.execute({ requestId: requestId || null, commands }));
  } finally {
    for (const sha of commands.flatMap(environmentOf)) environments.release(sha);
  }
}

async function commandFor(one: Selected, command: (run: StoredRun) => Promise<Command>): Promise<Command> {
  if ('error' in one) return decided(one.id || null, one.error);
  try {
    return await command(one.run);
  } catch (err) {
    return decided(one.run.id, err);
  }
}

/** Environments that were stored for a command, held until its end. */
function environmentOf(command: Command): string[] {
  if (command.do === 'transition' && command.facts?.of === 'again') return [command.facts.envSha];
  if (command.do === 'submit') return [command.run.submission.envSha];
  const edited = command.do === 'edit' ? command.changes.submission?.envSha : undefined;
  return edited === undefined ? [] : [edited];
}

async function response({ reads, reasons }: ActPorts, results: readonly Result[]): Promise<ActResponse> {
  const told = await inSlices(results, (result) => {
    const run = result.runId === null ? null : reads.run(result.runId);
    return {
      runId: result.runId ?? 0,
      run: run === null ? undefined : runView(run, reasons),
      error: result.ok ? undefined : toDetail(result),
    };
  });
  return { results: told };
}
