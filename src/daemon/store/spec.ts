import { createHash } from 'node:crypto';
import type { Submission } from '../run/submission.js';
import { parseColumn } from './json.js';

/** A submission as it is stored, and what of it is looked for. */
export interface Spec {
  /** JSON. */
  text: string;
  sha256: string;
  envSha: string;
  /** Of the stored parts of its configuration. */
  hydraSha: string | null;
  treeSha: string | null;
  baseSha: string | null;
}

export function specOf(submission: Submission): Spec {
  const { envSha, configuration } = submission;
  const { hydraSha = null, treeSha = null, baseSha = null } = configuration?.composed ?? {};
  const text = JSON.stringify(submission);
  return { text, sha256: digest(text), envSha, hydraSha, treeSha, baseSha };
}

/** What was stored before there were configurations has none. */
type Stored = Omit<Submission, 'configuration' | 'existingExperiment'> & Partial<Submission>;

/** null: the text is not what was acknowledged. */
export function parseSpec(text: string, sha256: string, runId: number): Submission | null {
  if (digest(text) !== sha256) return null;
  const {
    configuration = null,
    existingExperiment = null,
    ...rest
  } = parseColumn<Stored>(text, `submission of run ${runId}`);
  return { ...rest, configuration, existingExperiment };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
