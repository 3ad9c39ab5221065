import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Outcome } from '../run/outcome.js';
import { recordSteps, type Shown } from './publish.js';
import { type IndexEntry, indexSteps } from './runs-index.js';
import type { Scribe } from './scribe.js';
import { endStatus, exitReason, runningStatus, statusOf } from './status.js';
import { lastTraceback } from './traceback.js';
import { inTurn } from './turns.js';

/** An attempt as its run directory and the project's index show it. Times in Unix ms. */
export interface RecordedAttempt extends Shown {
  runId: number;
  ulid: string;
  name: string;
  experimentId: string;
  project: string;
  log: string;
  errorLog: string | null;
  startedAt: number;
}

/** The command runs: status.json says so, the index gets a line. */
export const recordStart = (scribe: Scribe, of: RecordedAttempt): Promise<void> =>
  inOrder(of, () =>
    scribe.carryOut([
      ...recordSteps(of, 'status.json', runningStatus(of)),
      ...indexSteps(of.project, of.umask, { ...entry(of), status: 'running' }),
    ]),
  );

/** The end is committed. Saying it again, after a crash in the middle, leaves the same files. */
export const recordEnd = (
  scribe: Scribe,
  of: RecordedAttempt,
  outcome: Outcome,
  endedAt: number,
): Promise<void> =>
  inOrder(of, async () => {
    const traceback = await endsInTraceback(of, outcome);
    const end = {
      ...entry(of),
      status: statusOf(outcome),
      exitReason: exitReason(outcome, traceback),
      exitCode: outcome.code,
      endedAt,
    };
    await scribe.carryOut([
      ...recordSteps(of, 'status.json', endStatus(of, outcome, endedAt, traceback)),
      ...indexSteps(of.project, of.umask, end),
    ]);
  });

/** Of a run the last line in the index counts, also where its attempts have directories of their own. */
const inOrder = ({ ulid, runDir }: RecordedAttempt, work: () => Promise<void>): Promise<void> =>
  inTurn(ulid, () => inTurn(runDir, work));

const entry = (of: RecordedAttempt): IndexEntry => ({
  ulid: of.ulid,
  runId: of.runId,
  name: of.name,
  experimentId: of.experimentId,
  attempt: of.attempt,
  runDir: of.runDir,
  status: 'running',
  exitReason: null,
  exitCode: null,
  startedAt: of.startedAt,
  endedAt: null,
});

const endsInTraceback = async (
  { log, errorLog }: RecordedAttempt,
  { cause, code }: Outcome,
): Promise<boolean> =>
  cause === 'exit' && code !== 0 && lastTraceback(await tailOf(errorLog ?? log)) !== null;

const TAIL_BYTES = 64 << 10;

async function tailOf(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  );
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(TAIL_BYTES),
      0,
      TAIL_BYTES,
      Math.max(0, size - TAIL_BYTES),
    );
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file.close();
  }
}
