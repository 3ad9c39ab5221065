import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../install.js';
import type { Places } from '../places.js';
import { dial } from './connect.js';
import { ClientError } from './errors.js';
import { UNIT, unitFile } from './install.js';
import { pause } from './pause.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a daemon and waits until it answers. @returns how it was started. @throws ClientError */
export async function launch(env: Environment, places: Places): Promise<string> {
  if (unitIsFor(env) && (await startUnit(env))) return answers(places, () => null).then(() => `unit ${UNIT}`);
  return startDetached(env, places);
}

/** An installed unit counts only for the places that it was installed for. */
function unitIsFor(env: Environment): boolean {
  if (!existsSync('/run/systemd/system')) return false;
  try {
    const home = /^Environment="EXPD_HOME=(.*)"$/m.exec(readFileSync(unitFile(env), 'utf8'))?.[1];
    return home === (env.EXPD_HOME || undefined);
  } catch {
    return false;
  }
}

/** False where the user's manager cannot be reached. */
const startUnit = (env: Environment): Promise<boolean> =>
  new Promise((resolve) => {
    const runtime = `/run/user/${process.getuid?.()}`;
    execFile('systemctl', ['--user', 'start', UNIT], { env: { XDG_RUNTIME_DIR: runtime, ...env } }, (error) =>
      resolve(error === null),
    );
  });

/** expd exits with this when another one owns the state: that one is waited for instead. */
const ANOTHER_DAEMON = 75;

async function startDetached(env: Environment, places: Places): Promise<string> {
  if (env.EXPD_ATTEMPT_ID)
    throw new ClientError(
      'unreachable',
      `no daemon runs at ${places.socket}, and one started inside a run would end with that run`,
      'start it outside: expctl daemon start',
    );
  const program = join(PACKAGE_ROOT, 'dist/bin/expd.cjs');
  // What it says before it has a log of its own; without a name, so that nothing is left behind.
  const words = join(tmpdir(), `expd-start-${randomBytes(8).toString('hex')}`);
  const fd = openSync(words, 'wx+', 0o600);
  unlinkSync(words);
  const child = spawn(process.execPath, [program], {
    cwd: '/',
    env: cleanEnvironment(env),
    detached: true,
    stdio: ['ignore', fd, fd],
  });
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    if (code !== ANOTHER_DAEMON) ended = lastWords(fd) || `it ended with ${signal ?? `exit ${code}`}`;
  });
  child.unref();
  await answers(places, () => ended).finally(() => {
    // Whoever follows a run may outlive the daemon that it started: by then the descriptor is another file.
    child.removeAllListeners('exit');
    closeSync(fd);
  });
  return `pid ${child.pid}`;
}

/** Opening a long history on a slow disk takes its time. */
const PATIENCE_MS = 60_000;
const TRY_EVERY_MS = 10;

/** Resolves when the daemon answers. @throws ClientError when it ended instead, with its last words */
async function answers(places: Places, ended: () => string | null): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const socket = await dial(places.socket);
    if (typeof socket !== 'string') {
      socket.destroy();
      return;
    }
    const last = ended();
    if (last !== null) throw new ClientError('unreachable', `the daemon did not start: ${last}`);
    if (performance.now() > until)
      throw new ClientError(
        'unreachable',
        'the daemon was started but does not answer',
        'expctl doctor looks why',
      );
    await pause(TRY_EVERY_MS);
  }
}

/** What a service would have: nothing of this terminal, login or run reaches the daemon. */
export function cleanEnvironment(env: Environment): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && KEPT.test(entry[0]) && !OF_A_RUN.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

const KEPT =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_(?:CONFIG_HOME|STATE_HOME|RUNTIME_DIR)|EXPD_\w+)$/;
/** Of the run contract: whoever has EXPD_ATTEMPT_ID is killed with that attempt. And the client's own. */
const OF_A_RUN =
  /^EXPD_(?:RUN_\w+|EXPERIMENT_ID|SWEEP|JOB_NUM|ATTEMPT(?:_ID)?|CHECKPOINT_DIR|TB_DIR|METRICS|CONFIG|RESUME_\w+|SEED|GRACE_S|GPU_UUIDS|NO_START|DEBUG)$/;

/** Why it ended: expd says that in one line that begins with its name. */
function lastWords(fd: number): string {
  const bytes = Buffer.alloc(8192);
  const length = readSync(fd, bytes, 0, bytes.length, 0);
  const lines = bytes.toString('utf8', 0, length).trim().split('\n');
  const own = lines.findLast((line) => line.startsWith('expd: '));
  return own === undefined ? (lines.at(-1) ?? '') : own.slice('expd: '.length);
}
