import { join } from 'node:path';
import { EventReader } from '../../tensorboard/tensorboard.js';
import { curveDirectories, isOwn, OWN_RUN } from './curve-files.js';

/**
 * Stands in our event files before the event of the line at `offset`: so the files themselves say up to where the
 * metrics file has been taken over, whenever the daemon died. TensorBoard passes over it.
 */
export interface Mark {
  attemptId: string;
  /** In the metrics file. */
  offset: number;
  /** Lines before it that were of no use. */
  bad: number;
}

/** How far an attempt's metrics file has been taken over. */
export interface Position {
  /** Of the line that the last mark names. */
  offset: number;
  bad: number;
  /** Lines with points from `offset` on that stand in the event files already. */
  points: number;
}

const HEAD = 'expd ';

export const markText = (mark: Mark): string => HEAD + JSON.stringify(mark);

/** null: none of this attempt's lines has been taken over. Our files name one attempt each; the newest counts. */
export function positionOf(root: string, attemptId: string): Position | null {
  for (const path of ownFiles(root).toReversed()) {
    const position = positionIn(path, attemptId);
    if (position !== null) return position;
  }
  return null;
}

/** Once in the sub-run, an attempt's lines stay there. */
const ownFiles = (root: string): string[] =>
  curveDirectories(root)
    .filter(({ run }) => run === '' || run === OWN_RUN)
    .sort((a, b) => a.run.length - b.run.length)
    .flatMap(({ path, files }) => files.filter(isOwn).map((name) => join(path, name)));

function positionIn(path: string, attemptId: string): Position | null {
  const reader = new EventReader(path);
  let position: Position | null = null;
  try {
    for (const event of reader.events())
      if (event.kind === 'session') {
        const mark = parseMark(event.message ?? '');
        if (mark === null) continue;
        if (mark.attemptId !== attemptId) return null;
        position = { offset: mark.offset, bad: mark.bad, points: 0 };
      } else if (event.kind === 'values' && event.values.some(({ kind }) => kind === 'scalar'))
        if (position !== null) position.points++;
    return position;
  } finally {
    reader.close();
  }
}

function parseMark(text: string): Mark | null {
  if (!text.startsWith(HEAD)) return null;
  try {
    const { attemptId, offset, bad } = JSON.parse(text.slice(HEAD.length)) ?? {};
    return typeof attemptId === 'string' && Number.isSafeInteger(offset) && Number.isSafeInteger(bad)
      ? { attemptId, offset, bad }
      : null;
  } catch {
    return null;
  }
}
