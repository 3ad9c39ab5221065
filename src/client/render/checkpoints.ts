import { relative } from 'node:path';
import {
  type Checkpoint,
  CheckpointSoundness,
  type ListCheckpointsResponse,
  type PinCheckpointResponse,
} from '../../gen/expd/v1/checkpoints.js';
import { ClientError } from '../errors.js';
import type { Answer } from './output.js';
import { plain } from './plain.js';
import { runJson } from './run.js';
import { type Column, table } from './table.js';
import { age, isoTime } from './time.js';

/** The checkpoints of one run. @throws ClientError when the answer is empty */
export function listed({ run, checkpoints, where, metric }: ListCheckpointsResponse): Answer {
  if (run === undefined) throw new ClientError('not_found', 'there is no such run', 'expctl ls -a lists all');
  return {
    json: {
      run: runJson(run),
      where: where || null,
      metric: metric || null,
      checkpoints: checkpoints.map(checkpointJson),
    },
    text: ({ now, width }) =>
      checkpoints.length === 0
        ? [nothing(where)]
        : table(rows(metric.replace(/:(?:min|max)$/, ''), run.project, now), checkpoints, width),
  };
}

export function pinned({ checkpoint }: PinCheckpointResponse): Answer {
  if (checkpoint === undefined) throw new ClientError('internal', 'the daemon named no checkpoint', '');
  return {
    json: { checkpoint: checkpointJson(checkpoint) },
    text: () => [`${plain(checkpoint.path)} is ${checkpoint.pinned ? 'pinned' : 'not pinned'}`],
  };
}

const nothing = (where: string): string =>
  where === ''
    ? 'no checkpoint: nothing in its directories is called like one (docs/checkpoints.md)'
    : `no checkpoint: nothing matches ${plain(where)}`;

const rows = (metric: string, project: string, now: number): Column<Checkpoint>[] => [
  { title: '', cell: ({ next }) => (next ? '→' : '') },
  { title: 'STEP', cell: ({ step }) => (step === undefined ? '?' : String(step)), align: 'right' },
  { title: 'SIZE', cell: ({ bytes }) => size(bytes), align: 'right' },
  { title: 'AGE', cell: ({ writtenAtMs }) => age(now - writtenAtMs), align: 'right' },
  {
    title: plain(metric) || 'METRIC',
    cell: ({ metrics, best }) =>
      metrics[metric] === undefined ? '' : `${number(metrics[metric])}${best ? ' best' : ''}`,
    align: 'right',
  },
  { title: 'VALID', cell: validity, shrinks: true },
  { title: 'KEPT', cell: ({ kept }) => (kept.length === 0 ? 'no' : kept.join(', ')), shrinks: true },
  { title: 'STACK', cell: ({ stack }) => stack },
  { title: 'ATT', cell: ({ attempt }) => (attempt === 0 ? '' : String(attempt)), align: 'right' },
  { title: 'PATH', cell: ({ path }) => plain(shortest(path, project)), shrinks: true },
];

function validity({ missing, soundness, damage }: Checkpoint): string {
  if (missing !== '') return `no: ${plain(missing)}`;
  if (soundness === CheckpointSoundness.CHECKPOINT_SOUNDNESS_DAMAGED) return `no: ${plain(damage)}`;
  return soundness === CheckpointSoundness.CHECKPOINT_SOUNDNESS_WHOLE ? 'yes' : 'not read yet';
}

const shortest = (path: string, project: string): string => {
  const below = relative(project, path);
  return below.startsWith('..') ? path : below;
};

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function size(bytes: number): string {
  const unit = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

const number = (value: number): string => String(Number(value.toPrecision(6)));

/** docs/json.md, "Checkpoint". */
export const checkpointJson = (one: Checkpoint) => ({
  path: one.path,
  attempt: one.attempt || null,
  stack: one.stack || null,
  step: one.step ?? null,
  sizeBytes: one.bytes,
  writtenAt: isoTime(one.writtenAtMs),
  metrics: one.metrics,
  complete: one.missing === '',
  missing: one.missing || null,
  valid: VALID[one.soundness],
  damage: one.damage || null,
  pinned: one.pinned,
  best: one.best,
  next: one.next,
  kept: one.kept,
});

/** null: nobody has read it whole yet. */
const VALID: Readonly<Record<CheckpointSoundness, boolean | null>> = {
  [CheckpointSoundness.CHECKPOINT_SOUNDNESS_UNSPECIFIED]: null,
  [CheckpointSoundness.CHECKPOINT_SOUNDNESS_WHOLE]: true,
  [CheckpointSoundness.CHECKPOINT_SOUNDNESS_DAMAGED]: false,
};
