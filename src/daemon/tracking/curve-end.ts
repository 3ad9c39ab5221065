import { chmodSync } from 'node:fs';
import { EventWriter, writeMarker } from '../../tensorboard/tensorboard.js';
import { curveDirectories, eventFilesOf, hasForeign, OWN_SUFFIX } from './curve-files.js';
import type { GoOn, Over } from './tracker-messages.js';

/**
 * Before an attempt starts: makes the curves that its script writes by itself go on, whatever the script knows of that.
 * What expd writes goes on with its first point. Answers what TensorBoard will not show as one curve.
 */
export async function goOn({ root, step, fileMode }: GoOn): Promise<string | null> {
  if (step === null) return null;
  const theirs = curveDirectories(root).filter(({ files }) => hasForeign(files));
  const markers = await Promise.all(theirs.map(({ path }) => writeMarker(path, step)));
  for (const marker of markers) if (marker !== null) chmodSync(marker.path, fileMode);
  return markers.some((marker) => marker?.inOrder === false)
    ? 'event files from the future are in the way: TensorBoard will not show one curve'
    : null;
}

/** Nobody writes any more: the run's row on the HParams page, with how it ended. Nothing where nothing was logged. */
export function writeEnd({ root, fileMode, hparams, end }: Over): void {
  if (eventFilesOf(root).length === 0) return;
  const writer = new EventWriter(root, { suffix: OWN_SUFFIX, mode: fileMode });
  // Of each the first that stands in the directory counts.
  writer.hparams(hparams.values, { group: hparams.group });
  writer.sessionEnd(end);
  writer.close();
}
