import type { RerunRequest, SubmitResponse } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Command } from '../queue/commands.js';
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
import { ulid } from './ulid.js';

/**
 * New runs from stored submissions: the same command, configuration, labels and seed; neither key, dependencies,
 * begin, hold nor experiment id. With a configuration, one run, which gets that and the command that goes with it.
 */
export async function rerun(ports: SubmitPorts, request: RerunRequest): Promise<SubmitResponse> {
  const { queue, reads, environments, configurations } = ports;
  const selected = await select(request.runs, reads);
  if (request.configuration !== undefined && selected.length > 1)
    throw new UserError('usage', 'a configuration is that of one run', 'name one run');
  const contents = new Contents(configurations, request.blobs);
  const commands: Command[] = [];
  try {
    for (const one of selected) commands.push(await commandFor(ports, one, request, contents));
    const results = await queue.execute({ requestId: request.requestId || null, commands });
    return {
      results: results.map((result) => submitResult(ports, result, [])),
      notices: ports.notices(),
      sweep: undefined,
    };
  } finally {
    for (const command of commands)
      if (command.do === 'submit') environments.release(command.run.spec.envSha);
    await contents.release();
  }
}

async function commandFor(
  ports: SubmitPorts,
  one: Selected,
  request: RerunRequest,
  contents: Contents,
): Promise<Command> {
  if ('error' in one) return decided(one.id || null, one.error);
  try {
    return await copyOf(ports, one.run, request, contents);
  } catch (err) {
    return decided(one.run.id, err);
  }
}

async function copyOf(
  { reads, environments, clock }: SubmitPorts,
  run: StoredRun,
  request: RerunRequest,
  contents: Contents,
): Promise<Command> {
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  const { submission } = stored;
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
  };
  const again: Submission = {
    ...submission,
    ...{ argv, envSha, configuration, existingExperiment: null },
    seed: submission.seed + (run.job?.number ?? 0),
  };
  return { do: 'submit', run: sealed({ labels, submission: again, unasked: [] }, false) };
}

/** Another one, or the stored one, of which the parts are kept while the old run may go. */
async function configurationOf(
  { configuration }: Submission,
  argv: readonly string[],
  request: RerunRequest,
  contents: Contents,
): Promise<Configuration | null> {
  if (request.configuration !== undefined) return toConfiguration(request.configuration, argv, contents);
  const composed = configuration?.composed ?? null;
  if (configuration === null || composed === null) return configuration;
  await contents.need(composed.hydraSha, 'hydra node');
  await contents.need(composed.treeSha, 'tree');
  // The same run once more, whatever its files say now.
  return { ...configuration, composed: { ...composed, pinned: configuration.kind === 'application' } };
}
