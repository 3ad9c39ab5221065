import { hostname } from 'node:os';
import { relative } from 'node:path';
import { directoryMode, fileMode } from './modes.js';
import { outputsDir, runsIndex } from './paths.js';
import type { Step } from './steps.js';
import { utc } from './utc.js';

/** One line of outputs/runs_index.jsonl; the last line of a ULID counts. Times in Unix ms. */
export interface IndexEntry {
  ulid: string;
  runId: number;
  name: string;
  experimentId: string;
  attempt: number;
  runDir: string;
  /** As in status.json. */
  status: string;
  exitReason: string | null;
  exitCode: number | null;
  startedAt: number;
  endedAt: number | null;
}

/** POSIX promises a whole append only within one write; a line this long still fits one page. */
const LONGEST_LINE = 4095;

/**
 * Append a line in one write, so that machines that share the project do not mix theirs. A link in its place is
 * refused; a line that a power cut tore stays alone.
 */
export const indexSteps = (project: string, umask: number, entry: IndexEntry): Step[] => [
  { do: 'have', path: outputsDir(project), mode: directoryMode(umask) },
  {
    do: 'append',
    path: runsIndex(project),
    mode: fileMode(umask),
    content: `${indexLine(project, entry)}\n`,
  },
];

/** At most 4,095 bytes: what does not fit is left out, the directory first. */
export function indexLine(project: string, entry: IndexEntry): string {
  const fields: Record<string, unknown> = {
    v: 1,
    ulid: entry.ulid,
    host: hostname(),
    run_id: entry.runId,
    name: entry.name,
    experiment_id: entry.experimentId,
    attempt: entry.attempt,
    status: entry.status,
    exit_reason: entry.exitReason,
    exit_code: entry.exitCode,
    started_at: utc(entry.startedAt),
    ended_at: entry.endedAt === null ? null : utc(entry.endedAt),
    run_dir: relative(project, entry.runDir),
  };
  for (const dispensable of ['', 'run_dir', 'experiment_id', 'name']) {
    delete fields[dispensable];
    const line = JSON.stringify(fields);
    if (Buffer.byteLength(line) < LONGEST_LINE) return line;
  }
  throw new Error(`no index line for run ${entry.runId}: its ULID alone is too long`);
}
