import { type ChildProcess, spawn } from 'node:child_process';
import type { Notification } from '../store/stored.js';
import { limited } from './limit.js';

/** What of the daemon's environment a command gets: enough to find programs and the user's desktop. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS)$/;
const KEPT_OUTPUT = 500;

/**
 * Executes the command with the JSON on its standard input and `EXPD_EVENT` set.
 * @returns null when it exited with 0; else why not, with the beginning of its standard error.
 */
export function runCommand(
  argv: readonly string[],
  payload: Notification,
  limitMs: number,
  closing: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    const [program = '', ...words] = argv;
    const child = spawn(program, words, {
      cwd: '/',
      // Its own group: a limit that leaves children behind is none.
      detached: true,
      env: commandEnvironment(process.env, payload.event),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let output = '';
    let late = false;
    const clear = limited(limitMs, closing, (isLate) => {
      late = isLate;
      killGroup(child);
    });
    const over = (failure: string | null): void => {
      clear();
      // A descendant may hold it open for ever.
      child.stderr.destroy();
      resolve(failure === null ? null : [failure, output.trim()].filter(Boolean).join(': '));
    };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(0, KEPT_OUTPUT);
    });
    // A command that does not read its input is none of our troubles.
    child.stdin.on('error', () => undefined).end(`${JSON.stringify(payload)}\n`);
    child.once('error', (error) => over(error.message));
    child.once('exit', (code, signal) => {
      if (late) over(`not over within ${limitMs} ms`);
      else over(code === 0 ? null : `ended by ${signal ?? `exit ${code}`}`);
    });
  });
}

/** Pure: nothing of the daemon's own, and none of the variables that say a program is inside a run. */
export function commandEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  event: string,
): Record<string, string> {
  const passed = Object.entries(own).flatMap(([name, value]) =>
    value !== undefined && PASSED.test(name) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(passed), EXPD_EVENT: event };
}

/** Not after its end was seen: until then the number is still its own. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended and the news is on its way.
  }
}
