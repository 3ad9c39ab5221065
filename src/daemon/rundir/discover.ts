import { join } from 'node:path';
import { changedSince } from '../../code/changed.js';
import type { CodeState } from '../run/submission.js';
import type { ContentStore } from './content.js';
import { gpuFacts } from './gpus.js';
import type { Command } from './interpreter.js';
import type { Look } from './look.js';
import { completeMetadataJson, DIFF_FILE, type SlowFacts } from './metadata.js';
import { runPaths } from './paths.js';
import { readRegular, recordSteps, type Shown } from './publish.js';
import type { Scribe } from './scribe.js';
import type { Step } from './steps.js';
import { inTurn } from './turns.js';

const GIT_MS = 10_000;

/** The run whose surroundings are looked at, after its start. */
export interface Discovered extends Shown {
  command: Command;
  project: string;
  /** As recorded at submission, or null. */
  code: CodeState | null;
  /** Unix ms. */
  submittedAt: number;
}

type Diffs = Pick<ContentStore, 'load'>;

/**
 * The slow parts of metadata.json, off the start path: interpreter and packages, devices, and whether the code is
 * still what was submitted. Every question has a limit of its own; all together stay below 30 s. Returns the files
 * that changed since the submission, null where that cannot be known.
 */
export async function completeMetadata(
  scribe: Scribe,
  of: Discovered,
  diffs: Diffs,
  look: Look,
  now: number,
): Promise<string[] | null> {
  const diff = await submittedDiff(of.code, diffs);
  const slow = await discover(of, diff, look, now);
  await inTurn(of.runDir, async () => {
    const { records } = runPaths(of.runDir, of.attempt, false);
    const before = await readRegular(join(records, 'metadata.json'));
    if (before === null) return;
    await scribe.carryOut([
      ...(diff === null ? [] : [keepDiff(join(records, DIFF_FILE), diff)]),
      ...recordSteps(of, 'metadata.json', completeMetadataJson(before.toString(), slow, of.code)),
    ]);
  });
  return slow.changedSinceSubmission;
}

async function discover(of: Discovered, diff: Buffer | null, look: Look, now: number): Promise<SlowFacts> {
  const { command } = of;
  const [python, node, gpus, changedSinceSubmission] = await Promise.all([
    look.python(command),
    look.node(command),
    gpuFacts(now),
    changedFiles(of, diff, look),
  ]);
  return { python, node: node?.trim() ?? null, gpus, changedSinceSubmission };
}

async function changedFiles(
  { project, code, submittedAt }: Discovered,
  diff: Buffer | null,
  look: Look,
): Promise<string[] | null> {
  if (!code?.known) return null;
  const diffOmitted = code.diffOmitted || (code.diffSha !== null && diff === null);
  const limits = { limitMs: GIT_MS };
  return changedSince({ ...code, diff, diffOmitted, at: submittedAt }, await look.code(project), limits);
}

/** Without it files are compared by their times: a lost diff costs no more than exactness. */
const submittedDiff = async (code: CodeState | null, diffs: Diffs): Promise<Buffer | null> =>
  code?.known && code.diffSha !== null ? diffs.load(code.diffSha).catch(() => null) : null;

/** The submitted tree's difference to its commit, beside metadata.json; for the owner only, once. */
const keepDiff = (path: string, content: Buffer): Step => ({
  do: 'show',
  path,
  mode: 0o600,
  content,
  records: [],
});
