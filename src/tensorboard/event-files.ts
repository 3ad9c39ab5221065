import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names of the event files in a directory, in the order in which TensorBoard reads them: as strings. None where the
 * directory is missing.
 */
export function eventFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && isEventFile(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

const isEventFile = (name: string): boolean => name.includes('tfevents') && !name.endsWith('.profile-empty');

/** The latest second that the name of an event file has, since 1970; 0 where none has one. */
export const newestSecond = (names: readonly string[]): number =>
  Math.max(0, ...names.map((name) => Number(/tfevents\.(\d{10})(\.|$)/.exec(name)?.[1] ?? 0)));

/** As long as a file may need for a second of its own between the newest one's and the next one's. */
export const PATIENCE_MS = 3000;

/** Whether the newest file is further from now than anybody waits. */
export const isAhead = (newest: number): boolean => (newest + 2) * 1000 - Date.now() > PATIENCE_MS;

/** The name that all writers give: a file of a later second is read later. */
export const eventFileName = (second: number, writer: string): string =>
  `events.out.tfevents.${String(second).padStart(10, '0')}.${hostname()}.${writer}`;
