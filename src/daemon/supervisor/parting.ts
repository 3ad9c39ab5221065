import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { attemptDir, attemptsDir } from '../rundir/paths.js';
import { isAlive, type ProcessId, readBootId } from './identity.js';
import { parseStarted } from './records.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Less than the unit's TimeoutStopSec, which is less than that of user@.service. */
const PATIENCE_MS = 100_000;
const LOOK_EVERY_MS = 100;

/**
 * The last thing that a daemon does in a user's service manager: when that manager ends, for a reboot or a
 * logout, whatever is left of the user is killed at once. So the runs are told to terminate first, and get the
 * time to save; their shims note that they were told from outside. The system's manager does that by itself.
 */
export async function partWithRuns(state: string, env: Environment): Promise<void> {
  // systemd.exec(5): only set by a user's manager.
  if (!env.MANAGERPID || !(await managerEnds(env))) return;
  const shims = await livingShims(state);
  for (const shim of shims) tell(shim);
  const deadline = performance.now() + PATIENCE_MS;
  while (shims.some(isAlive) && performance.now() < deadline) await pause(LOOK_EVERY_MS);
}

/** systemctl(1), is-system-running: its exit status says only that all is well. */
function managerEnds(env: Environment): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('systemctl', ['--user', 'is-system-running'], { env, timeout: 5000 }, (_, stdout) =>
      resolve(stdout.trim() === 'stopping'),
    );
  });
}

async function livingShims(state: string): Promise<ProcessId[]> {
  const boot = readBootId();
  const ids = await readdir(attemptsDir(state)).catch(() => []);
  const started = await Promise.all(
    ids.map((id) =>
      readFile(join(attemptDir(state, id), 'started'), 'utf8').then(
        (text) => parseStarted(text, id),
        () => null,
      ),
    ),
  );
  return started.flatMap((record) =>
    record !== null && record.boot === boot && isAlive(record.shim) ? [record.shim] : [],
  );
}

function tell(shim: ProcessId): void {
  try {
    if (isAlive(shim)) process.kill(shim.pid, 'SIGTERM');
  } catch {
    // It has just ended.
  }
}
