import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, relative } from 'node:path';
import { directoryMode, fileMode, isMasked, makeDirectories } from './modes.js';
import { runsIndex } from './paths.js';
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
 * Appends a line in one write, so that machines that share the project do not mix theirs. A link in its place is
 * refused; a line that a power cut tore stays alone. `umask`: of who submitted, for a file that is made now.
 */
export async function appendToIndex(project: string, entry: IndexEntry, umask: number): Promise<void> {
  const file = await openIndex(runsIndex(project), umask);
  try {
    const { size } = await file.stat();
    const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
    await file.write(`${last === '\n' ? '' : '\n'}${indexLine(project, entry)}\n`);
  } finally {
    await file.close();
  }
}

const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const APPEND = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;

async function openIndex(path: string, umask: number): Promise<FileHandle> {
  const there = await open(path, APPEND).catch(unless('ENOENT'));
  if (there !== null) return there;
  await makeDirectories(dirname(path), directoryMode(umask));
  const mode = fileMode(umask);
  const made = await open(path, APPEND | O_CREAT | O_EXCL, mode).catch(unless('EEXIST'));
  if (made === null) return open(path, APPEND); // another was faster
  if (isMasked(mode)) await made.chmod(mode);
  return made;
}

const unless =
  (code: string) =>
  (cause: NodeJS.ErrnoException): null => {
    if (cause.code === code) return null;
    throw cause;
  };

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
