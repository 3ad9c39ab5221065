import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Contract } from './contract.js';
import type { AttemptOrder, RunDirectory } from './order.js';
import type { Step } from './steps.js';

/** Attempt id, contract and places as the shim reads them: NUL-ended `key=value` strings (native/PROTOCOL.md). Pure. */
export function encodeSpec(
  order: AttemptOrder,
  directory: RunDirectory,
  contract: Contract,
  cgroup: string | null,
): Buffer {
  const { submission } = order;
  const pairs: [key: string, value: string | number][] = [
    ['v', 1],
    ['attempt', order.attemptId],
    ['cwd', submission.cwd],
    ['umask', submission.umask.toString(8)],
    ['nice', submission.nice],
    ...submission.rlimits.map(({ name, soft, hard }): [string, string] => [
      'rlimit',
      `${name}:${limit(soft)}:${limit(hard)}`,
    ]),
    ['log', directory.log],
    ['grace_ms', submission.graceMs],
    ['limit_ms', submission.timeLimitMs ?? 0],
  ];
  if (directory.errorLog !== null) pairs.push(['errlog', directory.errorLog]);
  if (submission.warn)
    pairs.push(['warn_signal', submission.warn.signal], ['warn_ms', submission.warn.leadMs]);
  if (cgroup !== null) pairs.push(['cgroup', cgroup]);
  pairs.push([MADE, JSON.stringify(directory)]);
  for (const word of contract.argv) pairs.push(['arg', word]);
  for (const [name, value] of Object.entries(contract.environment)) pairs.push(['env', `${name}=${value}`]);
  const torn = pairs.find(([, value]) => String(value).includes('\0'));
  if (torn) throw new Error(`NUL in ${torn[0]} of attempt ${order.attemptId}`);
  return Buffer.from(pairs.map(([key, value]) => `${key}=${value}\0`).join(''));
}

/** For us, not for the shim: what has to go where the attempt is never executed. */
const MADE = 'made';

/** What was made for an attempt, by its spec; null: none that can be read. */
export async function madeFor(attemptDir: string): Promise<RunDirectory | null> {
  const spec = await readFile(join(attemptDir, 'spec'), 'utf8').catch(() => '');
  const made = spec.split('\0').find((pair) => pair.startsWith(`${MADE}=`));
  try {
    const { runDir, log, errorLog, carried, hydraFiles } = JSON.parse(made?.slice(MADE.length + 1) ?? '');
    return { runDir, log, errorLog, carried, hydraFiles };
  } catch {
    return null; // torn, or of an older daemon
  }
}

/**
 * Make the attempt directory (0700) and its `spec` (0600). They fail where an attempt of this id was prepared
 * before: an id is used once.
 */
export const specSteps = (attemptDir: string, spec: Buffer): Step[] => [
  { do: 'have', path: dirname(attemptDir), mode: 0o700 },
  { do: 'make', path: attemptDir, mode: 0o700 },
  { do: 'write', path: join(attemptDir, 'spec'), mode: 0o600, content: spec },
];

const limit = (value: number): string => (value < 0 ? 'inf' : String(value));
