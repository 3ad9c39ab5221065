import type {
  ActRequest,
  ActResponse,
  ActResult,
  EnvironmentChange,
  ResumeRequest,
  RetryRequest,
} from '../../gen/expd/v1/runs.js';
import type { Keeper } from '../checkpoints/keeper.js';
import { UserError } from '../errors.js';
import type { AttemptFacts, Command, Result } from '../queue/commands.js';
import type { Queue } from '../queue/queue.js';
import type { RunEvent } from '../run/lifecycle.js';
import { isFinal, type ResumeChoice } from '../run/run.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import { changedEnvironment, type EnvironmentPort, isChange } from './environment.js';
import { toDetail } from './errors.js';
import { decided } from './results.js';
import { type Lookup, type Selected, type SelectOptions, select } from './select.js';
import { inSlices } from './slices.js';
import { type SweepReads, sweepViews } from './sweep-view.js';
import { type Reasons, runView } from './view.js';

export interface ActPorts {
  queue: Pick<Queue, 'execute'>;
  reads: Lookup & SweepReads & Pick<Reader, 'submission'>;
  environments: EnvironmentPort;
  reasons: Reasons;
  keeper: Pick<Keeper, 'choose'>;
}

/** What a verb asks of each run that it names. The queue judges whether the run's state allows it. */
interface Verb {
  asks(run: StoredRun): RunEvent;
  /** Of a sweep that is named whole the verb means these jobs. */
  means(run: StoredRun): boolean;
  /** "no job of sweep s4 can be …" */
  done: string;
  destructive?: boolean;
}

const isPaused = (run: StoredRun): boolean => run.state === 'running' && run.paused;

export const cancel: Verb = {
  asks: () => ({ kind: 'stopRequested', reason: 'cancel' }),
  means: ({ state }) => !isFinal(state),
  done: 'cancelled',
  destructive: true,
};
export const hold: Verb = {
  asks: () => ({ kind: 'held', why: { code: 'user', text: 'held by you' } }),
  means: ({ state }) => state === 'queued',
  done: 'held',
};
export const pause: Verb = {
  asks: () => ({ kind: 'paused' }),
  means: (run) => run.state === 'running' && !run.paused,
  done: 'paused',
};
/** Lets go of what `hold` or `pause` did. */
export const release: Verb = {
  asks: (run) => (isPaused(run) ? { kind: 'continued' } : { kind: 'released' }),
  means: (run) => run.state === 'held' || isPaused(run),
  done: 'released',
};

/** One verb on many runs: one transaction, a result for each. */
export function act(ports: ActPorts, request: ActRequest, verb: Verb): Promise<ActResponse> {
  const { asks, means, done, destructive = false } = verb;
  return perform(ports, request, { destructive, means, done }, async (run) => ({
    do: 'transition',
    runId: run.id,
    event: asks(run),
  }));
}

export async function retry(ports: ActPorts, request: RetryRequest): Promise<ActResponse> {
  const resume: ResumeChoice = { from: request.fresh ? 'nothing' : 'newest' };
  const { failedOnly } = request;
  const means = ({ state }: StoredRun): boolean =>
    state === 'failed' || (state === 'cancelled' && !failedOnly);
  return perform(ports, request, { means, meansOnly: failedOnly, done: 'retried' }, (run) =>
    again(ports, run, { kind: 'retried', resume }, request.environment),
  );
}

export async function resume(ports: ActPorts, request: ResumeRequest): Promise<ActResponse> {
  const choice = checkpointChoice(request.from);
  const manner: Manner = { means: ({ state }) => isFinal(state), done: 'resumed' };
  return perform(ports, { ...request, runs: [request.run] }, manner, async (run) => {
    // Now rather than at the start, which may be hours away; the queue refuses by itself what is not over.
    const stored = isFinal(run.state) && choice.from === 'chosen' ? ports.reads.submission(run.id) : null;
    const found = stored?.ok ? await ports.keeper.choose(run, stored.submission, request.from) : null;
    // A name is of what there is now.
    const named = found !== null && !isWord(request.from);
    const resume: ResumeChoice = named ? { from: 'chosen', what: found.path } : choice;
    return again(ports, run, { kind: 'resumed', resume }, request.environment);
  });
}

const checkpointChoice = (from: string): ResumeChoice =>
  from === '' ? { from: 'newest' } : { from: 'chosen', what: from };

/** `best`, or a step. */
const isWord = (from: string): boolean => from === 'best' || /^\d+$/.test(from);

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

export interface Manner extends SelectOptions {
  /** Which jobs of a sweep that is named whole are meant; all when absent. */
  means?: (run: StoredRun) => boolean;
  /** That goes for every run: the others are no errors, wherever they were named. */
  meansOnly?: boolean;
  /** "no job of sweep s4 can be …"; null: that is no error. */
  done?: string | null;
  /** What is asked beside the runs, for these. */
  besides?: (selected: readonly Selected[]) => Command[];
}

/** The frame of every verb that changes runs one by one. The queue answers a repeated request what the first one did. */
export async function perform(
  ports: ActPorts,
  { requestId, runs: words }: Pick<ActRequest, 'requestId' | 'runs'>,
  manner: Manner,
  command: (run: StoredRun) => Promise<Command>,
): Promise<ActResponse> {
  const { queue, reads, environments } = ports;
  const named = await select(words, reads, manner);
  const meant = onlyMeant(named, manner);
  const besides = manner.besides?.(named) ?? [];
  const commands = [...besides, ...(await inSlices(meant, (one) => commandFor(one, command)))];
  try {
    const results = await queue.execute({ requestId: requestId || null, commands });
    const overtaken = overtakenIn(named);
    const sweeps = sweepViews(reads, [...wholes(named), ...besides.flatMap(sweepOf)]);
    return {
      results: await told(
        ports,
        results.filter((result) => !overtaken(result)),
      ),
      sweeps,
    };
  } finally {
    for (const sha of commands.flatMap(environmentOf)) environments.release(sha);
  }
}

/** A job of a sweep that was named whole has moved on meanwhile: it is none of those that were meant. */
function overtakenIn(selected: readonly Selected[]): (result: Result) => boolean {
  const jobs = new Set(
    selected.flatMap((one) => ('run' in one && one.whole !== undefined ? one.run.id : [])),
  );
  return (result) =>
    !result.ok && result.runId !== null && OVERTAKEN.has(result.code) && jobs.has(result.runId);
}

const OVERTAKEN: ReadonlySet<string> = new Set(['wrong_state', 'already_started']);

/** Sweeps that were named as such. */
export const wholes = (selected: readonly Selected[]): Set<number> =>
  new Set(selected.flatMap((one) => ('whole' in one && one.whole !== undefined ? [one.whole] : [])));

/** What of a sweep is not meant is no error, unless nothing is left of it. */
function onlyMeant(selected: readonly Selected[], manner: Manner): Selected[] {
  const { means = () => true, meansOnly = false, done = '' } = manner;
  const left = new Set<number>();
  const meant = selected.filter((one) => {
    if ('error' in one) return true;
    if (one.whole === undefined && !meansOnly) return true;
    if (!means(one.run)) return false;
    if (one.whole !== undefined) left.add(one.whole);
    return true;
  });
  if (meansOnly || done === null) return meant;
  const idle = [...wholes(selected)].filter((sweep) => !left.has(sweep));
  return [...meant, ...idle.map((sweep): Selected => ({ id: 0, error: nothingLeft(sweep, done) }))];
}

const nothingLeft = (sweep: number, done: string): UserError =>
  new UserError(
    'wrong_state',
    `no job of sweep s${sweep} can be ${done}`,
    `expctl ls s${sweep} shows how they stand`,
  );

async function commandFor(one: Selected, command: (run: StoredRun) => Promise<Command>): Promise<Command> {
  if ('error' in one) return decided(one.id || null, one.error);
  try {
    return await command(one.run);
  } catch (err) {
    return decided(one.run.id, err);
  }
}

const sweepOf = (command: Command): number[] => (command.do === 'editSweep' ? [command.sweepId] : []);

/** Environments that were stored for a command, held until its end. */
function environmentOf(command: Command): string[] {
  if (command.do === 'transition' && command.facts?.of === 'again') return [command.facts.envSha];
  if (command.do === 'submit') return [command.run.spec.envSha];
  const edited = command.do === 'edit' ? command.changes.submission?.envSha : undefined;
  return edited === undefined ? [] : [edited];
}

/** One for each run; what was done to a sweep itself is seen in the sweep. */
async function told({ reads, reasons }: ActPorts, results: readonly Result[]): Promise<ActResult[]> {
  return inSlices(
    results.filter((result) => result.runId !== null || !result.ok),
    (result) => {
      const run = result.runId === null ? null : reads.run(result.runId);
      return {
        runId: result.runId ?? 0,
        run: run === null ? undefined : runView(run, reasons),
        error: result.ok ? undefined : toDetail(result),
      };
    },
  );
}
