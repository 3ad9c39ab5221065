import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runPaths } from './paths.js';
import { readRegular } from './publish.js';

/** Whose a run directory is, as config.yaml of its newest attempt says. */
export interface Saved {
  runId: number;
  ulid: string;
  experimentId: string;
}

/** null: it has no records of ours, or somebody changed them. */
export async function savedConfig(runDir: string): Promise<Saved | null> {
  const attempts = dirname(runPaths(runDir, 1, false).records);
  const numbers = (await readdir(attempts).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  if (numbers.length === 0) return null;
  const { records } = runPaths(runDir, Math.max(...numbers), false);
  const text = await readRegular(join(records, 'config.yaml')).catch(() => null);
  return text === null ? null : parsed(text.toString());
}

/** Every value of that file is a JSON scalar on its line. */
function parsed(text: string): Saved | null {
  const value = (key: string): unknown => {
    const scalar = new RegExp(`^  ${key}: (.*)$`, 'm').exec(text)?.[1];
    try {
      return scalar === undefined ? undefined : JSON.parse(scalar);
    } catch {
      return undefined;
    }
  };
  const [runId, ulid, experimentId] = [value('id'), value('ulid'), value('experiment_id')];
  return typeof runId === 'number' && typeof ulid === 'string' && typeof experimentId === 'string'
    ? { runId, ulid, experimentId }
    : null;
}
