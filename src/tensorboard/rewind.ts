import { type Moment, sessionEvent, summaryEvent } from './event.js';
import { tombstone } from './value.js';

/**
 * What makes a curve go on at `step`, for each of TensorBoard's loaders in its own words. Python's drops the points at
 * and after a START, of all tags, but takes the first START of a run for its beginning: hence two. The data server
 * knows no START; there any later value of a tag does it, and one without content is never shown. (It would show
 * one of a text or histogram, so these are left to be overwritten.)
 */
export function rewindEvents(moment: Moment, curveTags: Iterable<string>): Uint8Array[] {
  const start = sessionEvent(moment, 'start');
  const tombstones = [...curveTags].map(tombstone);
  return [start, start, ...(tombstones.length === 0 ? [] : [summaryEvent(moment, tombstones)])];
}
