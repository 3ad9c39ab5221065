import type { RerunRequest, SubmitResponse } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Command } from '../queue/commands.js';
import type { StoredRun } from '../store/stored.js';
import { changedEnvironment } from './environment.js';
import { checkedArgv } from './limits.js';
import { decided } from './results.js';
import { select } from './select.js';
import { CODE_MS } from './submission.js';
import { type SubmitPorts, submitResult } from './submit.js';
import { ulid } from './ulid.js';

/** New runs from stored submissions: the same command, labels and seed; neither key, dependencies, begin nor hold. */
export async function rerun(ports: SubmitPorts, request: RerunRequest): Promise<SubmitResponse> {
  const { queue, reads, environments } = ports;
  const commands: Command[] = [];
  for (const one of await select(request.runs, reads))
    commands.push(
      'error' in one
        ? decided(one.id || null, one.error)
        : await copyOf(ports, one.run, request).catch((err: unknown) => decided(one.run.id, err)),
    );
  try {
    const results = await queue.execute({ requestId: request.requestId || null, commands });
    return { results: results.map((result) => submitResult(ports, result, [])), notices: ports.notices() };
  } finally {
    for (const command of commands)
      if (command.do === 'submit') environments.release(command.run.submission.envSha);
  }
}

async function copyOf(
  { reads, environments, clock }: SubmitPorts,
  run: StoredRun,
  request: RerunRequest,
): Promise<Command> {
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  const { submission } = stored;
  const argv = checkedArgv([...submission.argv, ...request.moreArgv]);
  const envSha = await changedEnvironment(environments, submission.envSha, request.environment);
  const now = clock.now();
  const { name, tags, note, priority, group, killOnFailedDependency, retries } = run;
  return {
    do: 'submit',
    run: {
      ...{ name, tags, note, priority, group, killOnFailedDependency, retries },
      ulid: ulid(now),
      submission: { ...submission, argv, envSha },
      after: [],
      beginAt: null,
      key: null,
      held: false,
      codeUntil: request.codeFollows ? now + CODE_MS : null,
    },
  };
}
