import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dateBack, EventWriter, writeMarker } from '../../tensorboard/tensorboard.js';
import { curveDirectories, END_SUFFIX, eventFilesOf, hasForeign, isEnd } from './curve-files.js';
import { CurveReader } from './curve-reader.js';
import { CurveSet } from './points.js';
import type { GoOn, Over } from './tracker-messages.js';

/**
 * Before an attempt starts, while nobody writes: makes the curves that its script writes by itself go on, whatever the
 * script knows of that. What expd writes goes on with its first point. Answers what one has to know to see one curve.
 */
export async function goOn({ root, step, savedAt, fileMode }: GoOn): Promise<string | null> {
  const theirs = curveDirectories(root).filter(({ files }) => hasForeign(files));
  const renamed = theirs.reduce((sum, { path }) => sum + dateBack(path), 0);
  const from = (path: string, first: number): number =>
    savedAt === null ? first : Math.max(first, lastLogged(path, savedAt) + 1);
  const markers =
    step === null ? [] : await Promise.all(theirs.map(({ path }) => writeMarker(path, from(path, step))));
  for (const marker of markers) if (marker !== null) chmodSync(marker.path, fileMode);
  if (markers.some((marker) => marker?.inOrder === false))
    return 'event files from the future are in the way: TensorBoard will not show one curve';
  return renamed === 0
    ? null
    : `${renamed} event files from the future have got a time that has passed: a TensorBoard that is open has to be started again to show what comes`;
}

/** The last step that was logged below a directory until then, and is not superseded; -1: none. */
function lastLogged(directory: string, until: number): number {
  const set = new CurveSet();
  const reading = new CurveReader(directory).read({
    point: (key, step, value, at) => {
      if (at <= until) set.point(key, step, value, at);
    },
    rewind: (step, keys) => set.rewind(step, keys),
  });
  while (!reading.next().done);
  let last = -1;
  for (const { length, steps } of set.curves.values())
    for (let n = 0; n < length; n++) last = Math.max(last, steps[n]!);
  return last;
}

/**
 * Nobody writes any more: the run's row on the HParams page, with how it ended. Nothing where nothing was logged. An end
 * that stands there already is withdrawn: of each the first in the directory counts.
 */
export function writeEnd({ root, fileMode, hparams, end }: Over): void {
  withdrawEnd(root);
  if (eventFilesOf(root).length === 0) return;
  const writer = new EventWriter(root, { suffix: END_SUFFIX, mode: fileMode });
  writer.hparams(hparams.values, { group: hparams.group });
  writer.sessionEnd(end);
  writer.close();
}

/** The run goes on after all, or another one goes on with its curve. A board that has read the end keeps it. */
export function withdrawEnd(root: string): void {
  for (const name of eventFilesOf(root).filter(isEnd)) rmSync(join(root, name), { force: true });
}
