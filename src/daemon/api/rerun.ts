import type { RerunRequest, SubmitResponse } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Command, NewRun, NewSweep } from '../queue/commands.js';
import type { Configuration, Submission } from '../run/submission.js';
import type { StoredRun } from '../store/stored.js';
import { toConfiguration } from './configuration.js';
import { Contents } from './contents.js';
import { changedEnvironment } from './environment.js';
import { checkedArgv } from './limits.js';
import { decided } from './results.js';
import { type Selected, select } from './select.js';
import { CODE_MS, sealed } from './submission.js';
import { type SubmitPorts, submitResult } from './submit.js';
import { sweepAnswer } from './submit-sweep.js';
import { ulid } from './ulid.js';

/**
 * New runs from stored submissions: the same command, configuration, labels and seed; neither key, dependencies,
 * begin, hold nor experiment id. With a configuration, one run, which gets that and the command that goes with it. Of
 * a sweep that is named whole, and nothing else, another sweep.
 */
export async function rerun(ports: SubmitPorts, request: RerunRequest): Promise<SubmitResponse> {
  const { reads, environments, configurations } = ports;
  const selected = await select(request.runs, reads);
  if (request.configuration !== undefined && selected.length > 1)
    throw new UserError('usage', 'a configuration is that of one run', 'name one run');
  const contents = new Contents(configurations, request.blobs);
  const held: string[] = [];
  const copy: Copy = async (run, number) => {
    const made = await copyOf(ports, run, number, request, contents);
    held.push(made.spec.envSha);
    return made;
  };
  try {
    const sweep = request.configuration === undefined ? wholeSweep(selected) : null;
    const answer =
      sweep === null
        ? await oneByOne(ports, request, selected, copy)
        : await another(ports, request, sweep, selected, copy, contents);
    return { ...answer, notices: ports.notices() };
  } finally {
    for (const sha of held) environments.release(sha);
    await contents.release();
  }
}

/** `number`: of the job in the new sweep; null: a run by itself. */
type Copy = (run: StoredRun, number: number | null) => Promise<NewRun>;

async function oneByOne(
  ports: SubmitPorts,
  { requestId }: RerunRequest,
  selected: readonly Selected[],
  copy: Copy,
) {
  const commands: Command[] = [];
  for (const one of selected) {
    if ('error' in one) commands.push(decided(one.id || null, one.error));
    else
      commands.push(
        await copy(one.run, null).then(
          (run): Command => ({ do: 'submit', run }),
          (err: unknown) => decided(one.run.id, err),
        ),
      );
  }
  const results = await ports.queue.execute({ requestId: requestId || null, commands });
  return { results: results.map((result) => submitResult(ports, result, [])), sweep: undefined };
}

/** The sweep, where all that is selected is all of it. */
function wholeSweep(selected: readonly Selected[]): number | null {
  const [first] = selected;
  const sweep = first !== undefined && 'run' in first ? first.whole : undefined;
  return sweep !== undefined && selected.every((one) => 'run' in one && one.whole === sweep) ? sweep : null;
}

async function another(
  ports: SubmitPorts,
  { requestId }: RerunRequest,
  sweepId: number,
  selected: readonly Selected[],
  copy: Copy,
  contents: Contents,
) {
  const stored = ports.reads.sweep(sweepId);
  if (stored === null) throw new UserError('not_found', `there is no sweep s${sweepId}`);
  const runs = selected.flatMap((one) => ('run' in one ? [one.run] : []));
  const jobs: NewRun[] = [];
  for (const [number, run] of runs.entries()) jobs.push(await copy(run, number));
  const { name, project, maxParallel, holdAfterFailures, axes, multirunSha, ownDir } = stored;
  if (multirunSha !== null) await contents.need(multirunSha, 'multirun.yaml');
  const sweep: NewSweep = {
    ...{ name, project, maxParallel, holdAfterFailures, axes, multirunSha, ownDir },
    ...{ ulid: ulid(ports.clock.now()), key: null, missing: false, experimentId: null },
  };
  const commands: Command[] = [{ do: 'submitSweep', sweep, jobs }];
  const results = await ports.queue.execute({ requestId: requestId || null, commands });
  return sweepAnswer(ports, results, []);
}

/** `number`: in the new sweep; null: a run by itself. */
async function copyOf(
  { reads, environments, clock }: SubmitPorts,
  run: StoredRun,
  number: number | null,
  request: RerunRequest,
  contents: Contents,
): Promise<NewRun> {
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  // From nothing, whatever the first one started from.
  const { parent: _, ...submission } = stored.submission;
  const command = request.argv.length > 0 ? request.argv : submission.argv;
  const argv = checkedArgv([...command, ...request.moreArgv]);
  const configuration = await configurationOf(submission, argv, request, contents);
  const envSha = await changedEnvironment(environments, submission.envSha, request.environment);
  const now = clock.now();
  const { name, tags, note, priority, group, killOnFailedDependency, retries } = run;
  const labels = {
    ...{ name, tags, note, priority, group, killOnFailedDependency, retries },
    ...{ ulid: ulid(now), after: [], beginAt: null, key: null, held: false, experimentId: null },
    code: null,
    codeUntil: request.codeFollows ? now + CODE_MS : null,
    overrides: configuration?.overrides ?? run.overrides,
    checkpointPlace: run.checkpointPlace,
  };
  const again: Submission = {
    ...submission,
    ...{ argv, envSha, configuration, existingExperiment: null },
    // A job adds its number, and is to have what it had.
    seed: submission.seed + (run.job?.number ?? 0) - (number ?? 0),
  };
  return sealed({ labels, submission: again, unasked: [] }, false);
}

/** Another one, or the stored one, of which the parts are kept while the old run may go. */
async function configurationOf(
  { configuration }: Pick<Submission, 'configuration'>,
  argv: readonly string[],
  request: RerunRequest,
  contents: Contents,
): Promise<Configuration | null> {
  if (request.configuration !== undefined) return toConfiguration(request.configuration, argv, contents);
  const composed = configuration?.composed ?? null;
  if (configuration === null || composed === null) return configuration;
  await contents.need(composed.hydraSha, 'hydra node');
  await contents.need(composed.treeSha, 'tree');
  if (composed.baseSha !== undefined) await contents.need(composed.baseSha, 'base');
  // The same run once more, whatever its files say now.
  return { ...configuration, composed: { ...composed, pinned: configuration.kind === 'application' } };
}
