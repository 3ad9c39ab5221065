import type { ActResponse, EditRequest } from '../../gen/expd/v1/runs.js';
import { UserError } from '../errors.js';
import type { Command, RunChanges, SweepChanges } from '../queue/commands.js';
import { isFinal } from '../run/run.js';
import type { StoredRun } from '../store/stored.js';
import { type ActPorts, type Manner, perform, wholes } from './act.js';
import { changedEnvironment, isChange } from './environment.js';
import {
  checkedArgv,
  checkedBegin,
  checkedFailures,
  checkedGroup,
  checkedName,
  checkedNote,
  checkedParallel,
  checkedPath,
  checkedPriority,
  checkedRetries,
  checkedTags,
  checkedTimeLimit,
} from './limits.js';
import { decided } from './results.js';
import type { Selected } from './select.js';
import { dependencies } from './submission.js';

/** Labels, limits and turn of runs; what they execute only before their first attempt. And what holds for sweeps. */
export async function edit(ports: ActPorts, request: EditRequest): Promise<ActResponse> {
  const changes = requested(ports, request);
  const ofSweeps = sweepChanges(request);
  const ofRuns = Object.keys(changes).length > 0 || isChange(request.environment);
  if (!ofRuns && ofSweeps === null)
    throw new UserError('usage', 'nothing is to be changed', 'expctl edit --help shows what can be');
  const labels = ['note', 'addTags', 'removeTags'];
  const onlyLabels = Object.keys(changes).every((name) => labels.includes(name));
  const starts = changes.submission !== undefined || isChange(request.environment);
  const manner: Manner = {
    means: ({ state, attempt }) =>
      starts ? attempt === 0 && !isFinal(state) : onlyLabels || !isFinal(state),
    // Its name a sweep has itself.
    done: Object.keys(changes).join() === 'name' ? null : 'edited in this way',
    besides: (selected) => [
      ...(ofSweeps === null ? [] : sweepCommands(selected, ofSweeps)),
      ...(changes.name === undefined ? [] : renamed(selected, changes.name)),
    ],
  };
  if (!ofRuns) return perform(ports, request, { ...manner, meansOnly: true, means: () => false }, never);
  return perform(ports, request, manner, async (run) => ({
    do: 'edit',
    runId: run.id,
    changes: await withEnvironment(ports, run, changes, request),
  }));
}

const never = (): never => {
  throw new Error('no run is edited');
};

function sweepChanges({ maxParallel, holdAfterFailures }: EditRequest): SweepChanges | null {
  if (maxParallel === undefined && holdAfterFailures === undefined) return null;
  return {
    ...(maxParallel !== undefined && { maxParallel: checkedParallel(maxParallel) }),
    ...(holdAfterFailures !== undefined && { holdAfterFailures: checkedFailures(holdAfterFailures) }),
  };
}

/** One for each sweep; a run that is of none is named. */
function sweepCommands(selected: readonly Selected[], changes: SweepChanges): Command[] {
  const runs = selected.flatMap((one) => ('run' in one ? [one.run] : []));
  const sweeps = new Set(runs.flatMap(({ job }) => (job === null ? [] : [job.sweep])));
  return [
    ...[...sweeps].map((sweepId): Command => ({ do: 'editSweep', sweepId, changes })),
    ...runs.filter(({ job }) => job === null).map(({ id }) => decided(id, ofNoSweep(id))),
  ];
}

/** Of a sweep that was named itself. */
const renamed = (selected: readonly Selected[], name: string): Command[] =>
  [...wholes(selected)].map((sweepId) => ({ do: 'editSweep', sweepId, changes: { name } }));

const ofNoSweep = (id: number): UserError =>
  new UserError('wrong_state', `run ${id} is not a job of a sweep`, 'name a sweep, as s4');

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
