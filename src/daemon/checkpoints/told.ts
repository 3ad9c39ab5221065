import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { numbersOf } from './manifest.js';
import { parsePythonJson } from './python-json.js';

const CHUNK_BYTES = 1 << 20;
/** Longer ones are no lines of the contract. */
const LONGEST_LINE = 64 << 10;

export interface Told {
  checkpoints: { step: number | null; path: string; metrics: Record<string, number> }[];
  /** Of the key that was asked for, in the order of the lines. */
  values: [step: number, value: number][];
}

/**
 * What a run told in its metrics file: its checkpoint lines, and the values of `key`. A last line
 * without its end is not there yet; what is no JSON is passed over. A link or anything but a regular file tells nothing.
 */
export function readTold(file: string, key: string | null): Told {
  const told: Told = { checkpoints: [], values: [] };
  const marks = ['"checkpoint"', ...(key === null ? [] : [JSON.stringify(key)])];
  eachLine(file, (line) => {
    if (!marks.some((mark) => line.includes(mark))) return;
    const fields = parsed(line);
    if (fields === null) return;
    const { step } = numbersOf(fields);
    if (fields.event === 'checkpoint' && typeof fields.path === 'string' && fields.complete !== false)
      told.checkpoints.push({ step: step ?? null, path: fields.path, metrics: numbersOf(fields.metrics) });
    const value = key === null || fields.event !== undefined ? undefined : numbersOf(fields)[key];
    if (value !== undefined && step !== undefined) told.values.push([step, value]);
  });
  return told;
}

/** The run id that MLflow gave, as the script told it last: `{"event": "tracker", "mlflow_run_id": "…"}`; null: it did not. */
export function mlflowRun(file: string): string | null {
  let found: string | null = null;
  eachLine(file, (line) => {
    const fields = line.includes('"mlflow_run_id"') ? parsed(line) : null;
    const id = fields?.event === 'tracker' ? fields.mlflow_run_id : null;
    if (typeof id === 'string' && /^[\w-]{1,256}$/.test(id)) found = id;
  });
  return found;
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const fields = parsePythonJson(line);
    return typeof fields === 'object' && fields !== null ? { ...fields } : null;
  } catch {
    return null;
  }
}

function eachLine(file: string, use: (line: string) => void): void {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return;
  }
  try {
    if (!fstatSync(fd).isFile()) return;
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = '';
    for (let at = 0; ; ) {
      const got = readSync(fd, chunk, 0, chunk.length, at);
      if (got === 0) return;
      at += got;
      const lines = (rest + chunk.toString('latin1', 0, got)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) rest = '';
      for (const line of lines)
        if (line.length > 1 && line.length <= LONGEST_LINE) use(Buffer.from(line, 'latin1').toString());
    }
  } finally {
    closeSync(fd);
  }
}
