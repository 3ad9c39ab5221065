import type { ActResponse, EditRequest } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { RunChanges } from '../queue/commands.js';
import type { StoredRun } from '../store/stored.js';
import { type ActPorts, perform } from './act.js';
import { changedEnvironment, isChange } from './environment.js';
import {
  checkedArgv,
  checkedBegin,
  checkedGroup,
  checkedName,
  checkedNote,
  checkedPath,
  checkedPriority,
  checkedRetries,
  checkedTags,
  checkedTimeLimit,
} from './limits.js';
import { dependencies } from './submission.js';

/** Labels, limits and turn of runs; what they execute only before their first attempt. */
export async function edit(ports: ActPorts, request: EditRequest): Promise<ActResponse> {
  const changes = requested(ports, request);
  if (Object.keys(changes).length === 0 && !isChange(request.environment))
    throw new UserError('usage', 'nothing is to be changed', 'expctl edit --help shows what can be');
  return perform(ports, request.requestId, request.runs, {}, async (run) => ({
    do: 'edit',
    runId: run.id,
    changes: await withEnvironment(ports, run, changes, request),
  }));
}

function requested({ reads }: ActPorts, request: EditRequest): RunChanges {
  const { priority, group, name, note, retries, beginAtMs, timeLimitMs, cwd, argv } = request;
  const submission = {
    ...(argv.length > 0 && { argv: checkedArgv(argv) }),
    ...(cwd !== undefined && { cwd: checkedPath(cwd, 'working directory') }),
    ...(timeLimitMs !== undefined && { timeLimitMs: checkedTimeLimit(timeLimitMs) }),
  };
  return {
    ...(priority !== undefined && { priority: checkedPriority(priority) }),
    ...(group !== undefined && { group: checkedGroup(group) }),
    ...(name !== undefined && { name: checkedName(name) }),
    ...(note !== undefined && { note: checkedNote(note) }),
    ...(retries !== undefined && { retries: checkedRetries(retries) }),
    ...(beginAtMs !== undefined && { beginAt: checkedBegin(beginAtMs) }),
    ...(request.setAfter && { after: dependencies(request.after, reads) }),
    ...(request.addTags.length > 0 && { addTags: checkedTags(request.addTags) }),
    ...(request.removeTags.length > 0 && { removeTags: request.removeTags }),
    ...(Object.keys(submission).length > 0 && { submission }),
  };
}

async function withEnvironment(
  { reads, environments }: ActPorts,
  run: StoredRun,
  changes: RunChanges,
  { environment }: EditRequest,
): Promise<RunChanges> {
  if (!isChange(environment)) return changes;
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  const envSha = await changedEnvironment(environments, stored.submission.envSha, environment);
  return { ...changes, submission: { ...changes.submission, envSha } };
}
