import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';

/** What the launcher says of attempts. */
export interface LauncherEvents {
  /** The `started` record is in place and the run was let go. */
  started(attemptId: string): void;
  /** Its shim ended: exit status, or minus the signal. */
  gone(attemptId: string, status: number): void;
  /** The launcher ended; of these it has said nothing. Their claims tell whether they have a shim. */
  lost(attemptIds: string[], cause: string): void;
}

/**
 * The process that forks shims, `expshim launcher`. It is small for good, so a start costs the same however
 * large the daemon has become, and it never blocks the event loop. Shims outlive it and the daemon.
 */
export class Launcher {
  #child: ChildProcess | null = null;
  /** Written, and neither `started` nor `gone` yet. */
  readonly #unanswered = new Set<string>();
  /** Made ready and not told yet whether to go on. */
  readonly #waiting = new Set<string>();
  /** Told to leave; who waits for that. */
  readonly #leaving = new Map<string, () => void>();
  #closed = false;

  constructor(
    private readonly shim: string,
    private readonly events: LauncherEvents,
  ) {
    this.#child = this.#spawn();
  }

  /** Its pid; null when there is none just now. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /**
   * Makes a shim ready, up to its claim, which it does not take before `launch`: whatever ends us first ends it
   * too, and nothing says that it was there.
   */
  stage(attemptDir: string): void {
    this.#waiting.add(basename(attemptDir));
    this.#ask(`+${attemptDir}`);
  }

  launch(attemptDir: string): void {
    const attemptId = basename(attemptDir);
    this.#unanswered.add(attemptId);
    this.#ask(this.#waiting.delete(attemptId) ? `!${attemptId}` : attemptDir);
  }

  /** Resolves once the shim that was made ready, if there is one, is gone. */
  withdraw(attemptId: string): Promise<void> {
    if (!this.#waiting.delete(attemptId)) return Promise.resolve();
    this.#ask(`-${attemptId}`);
    return new Promise((resolve) => this.#leaving.set(attemptId, resolve));
  }

  #ask(request: string): void {
    this.#child ??= this.#spawn();
    this.#child.stdin?.write(`${request}\0`);
  }

  /** Lets it end, which is not waited for: it may be stopped, and we may not. Shims go on. */
  close(): void {
    this.#closed = true;
    this.#child?.stdin?.end();
    this.#child?.stdout?.destroy();
    this.#child?.unref();
    this.#child = null;
  }

  #spawn(): ChildProcess {
    // Detached: Ctrl-C in the terminal of a foreground daemon is not for the launcher.
    const child: ChildProcess = spawn(this.shim, ['launcher'], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let rest = '';
    // Without descriptors to spare a child comes without streams, and an `error` event follows.
    child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#heard(line);
    });
    child.stdin?.on('error', () => {}); // EPIPE: its end is told by `exit`
    child.stdout?.on('error', () => {});
    child.once('error', (cause) => this.#ended(child, cause.message));
    child.once('exit', (code, signal) => this.#ended(child, `the launcher ended with ${signal ?? code}`));
    return child;
  }

  #heard(line: string): void {
    const [, word, attemptId, status] = /^(started|gone) (\S+)(?: (-?\d+))?$/.exec(line) ?? [];
    if (attemptId === undefined || this.#closed) return;
    this.#unanswered.delete(attemptId);
    if (this.#hasLeft(attemptId)) return;
    if (word === 'started') this.events.started(attemptId);
    else this.events.gone(attemptId, Number(status ?? 0));
  }

  /** Its pipe stays open for what shims under way still say; nothing is decided by what they do not say. */
  #ended(child: ChildProcess, cause: string): void {
    if (this.#closed || this.#child !== child) return;
    this.#child = null;
    const lost = [...this.#unanswered];
    this.#unanswered.clear();
    this.#waiting.clear(); // they have ended with it
    for (const attemptId of this.#leaving.keys()) this.#hasLeft(attemptId);
    this.events.lost(lost, cause);
  }

  #hasLeft(attemptId: string): boolean {
    this.#leaving.get(attemptId)?.();
    return this.#leaving.delete(attemptId);
  }
}
