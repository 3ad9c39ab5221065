import { existing, type Scene } from './apply.js';
import type { Command, Result } from './commands.js';

/** What lies on disk has changed; nobody waits for it, and a run that was removed meanwhile needs it no more. */
export function sawCheckpoints(
  { tables }: Scene,
  { runId, seen, gone }: Extract<Command, { do: 'sawCheckpoints' }>,
): Result {
  if (tables.runs.find(runId) === null) return { ok: true, runId };
  for (const one of seen) tables.checkpoints.put(runId, one);
  for (const path of gone) tables.checkpoints.forget(runId, path);
  return { ok: true, runId };
}

export function pinCheckpoint(
  scene: Scene,
  { runId, checkpoint, pinned }: Extract<Command, { do: 'pinCheckpoint' }>,
): Result {
  existing(scene, runId);
  scene.tables.checkpoints.put(runId, checkpoint);
  scene.tables.checkpoints.pin(runId, checkpoint.path, pinned);
  return { ok: true, runId };
}
