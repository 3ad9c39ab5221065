import {
  CheckpointSoundness,
  type CheckpointsServer,
  type Checkpoint as CheckpointView,
  type ListCheckpointsRequest,
  type ListCheckpointsResponse,
  type PinCheckpointRequest,
  type PinCheckpointResponse,
} from '../../gen/expd/v1/checkpoints.js';
import { type Keeper, seen } from '../checkpoints/keeper.js';
import type { Listed } from '../checkpoints/listing.js';
import { UserError } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import type { Submission } from '../run/submission.js';
import type { Reader } from '../store/reader.js';
import type { StoredRun } from '../store/stored.js';
import type { Calls } from './call.js';
import { metricWord } from './checkpoint-wishes.js';
import { succeeded } from './results.js';
import { type Lookup, selectOne } from './select.js';
import { type Reasons, runView } from './view.js';

export interface CheckpointPorts {
  calls: Calls;
  queue: Pick<Queue, 'execute'>;
  reads: Lookup & Pick<Reader, 'submission'>;
  reasons: Reasons;
  keeper: Pick<Keeper, 'list'>;
}

export function checkpointsService(ports: CheckpointPorts): CheckpointsServer {
  const { calls } = ports;
  // Reading them whole takes as long as the disk does.
  const untilDone = { withinMs: null };
  return {
    listCheckpoints: calls.unary<ListCheckpointsRequest, ListCheckpointsResponse>(
      'Checkpoints.ListCheckpoints',
      (request) => list(ports, request),
      untilDone,
    ),
    pinCheckpoint: calls.unary<PinCheckpointRequest, PinCheckpointResponse>(
      'Checkpoints.PinCheckpoint',
      (request) => pin(ports, request),
      untilDone,
    ),
  };
}

async function list(
  ports: CheckpointPorts,
  { run: word, verify }: ListCheckpointsRequest,
): Promise<ListCheckpointsResponse> {
  const { run, submission } = asked(ports, word);
  const listed = await ports.keeper.list(run, submission, verify);
  const { where = null, metric = null } = submission.checkpoints ?? {};
  return {
    run: runView(run, ports.reasons),
    checkpoints: listed.map(checkpointView),
    where: where ?? '',
    metric: metric === null ? '' : metricWord(metric),
  };
}

async function pin(
  ports: CheckpointPorts,
  { run: word, checkpoint, unpin }: PinCheckpointRequest,
): Promise<PinCheckpointResponse> {
  const { run, submission } = asked(ports, word);
  const named = (listed: readonly Listed[]): Listed | undefined =>
    listed.find(
      ({ candidate: { path, step, missing } }) =>
        missing === null &&
        (path === checkpoint || (/^\d+$/.test(checkpoint) && step === Number(checkpoint))),
    );
  const found = named(await ports.keeper.list(run, submission, false));
  if (found === undefined)
    throw new UserError(
      'not_found',
      `run ${run.id} has no complete checkpoint ${checkpoint}`,
      `expctl checkpoints ${run.id} lists them`,
    );
  const { candidate, damage } = found;
  succeeded(
    await ports.queue.execute({
      requestId: null,
      commands: [{ do: 'pinCheckpoint', runId: run.id, checkpoint: seen(candidate, damage), pinned: !unpin }],
    }),
  );
  const now = named(await ports.keeper.list(run, submission, false));
  return { checkpoint: checkpointView(now ?? { ...found, pinned: !unpin }) };
}

function asked({ reads }: CheckpointPorts, word: string): { run: StoredRun; submission: Submission } {
  const run = selectOne(word, reads);
  const stored = reads.submission(run.id);
  if (!stored.ok)
    throw new UserError('wrong_state', `the submission of run ${run.id} is ${stored.why}`, 'submit it again');
  return { run, submission: stored.submission };
}

const checkpointView = ({ candidate, damage, pinned, best, next, kept }: Listed): CheckpointView => ({
  path: candidate.path,
  attempt: candidate.of?.attempt ?? 0,
  stack: candidate.preset ?? '',
  step: candidate.step ?? undefined,
  bytes: candidate.bytes,
  writtenAtMs: Math.round(candidate.writtenAt),
  metrics: { ...candidate.metrics },
  missing: candidate.missing ?? '',
  soundness:
    damage === null
      ? CheckpointSoundness.CHECKPOINT_SOUNDNESS_UNSPECIFIED
      : damage === ''
        ? CheckpointSoundness.CHECKPOINT_SOUNDNESS_WHOLE
        : CheckpointSoundness.CHECKPOINT_SOUNDNESS_DAMAGED,
  damage: damage ?? '',
  pinned,
  best,
  next,
  kept: [...kept],
});
