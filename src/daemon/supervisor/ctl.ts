import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StopReason } from '../run/stop.js';
import { errnoOf } from './errno.js';

/** The shim's commands, a byte each (native/PROTOCOL.md). */
const STOPS: Readonly<Record<StopReason, string>> = {
  cancel: 'c',
  timeout: 't',
  overMemory: 'm',
  stall: 's',
  deviceLost: 'd',
  preempt: 'p',
  drain: 'r',
};

export type Command = { stop: StopReason } | 'pause' | 'continue';

/**
 * Tells a shim. False: there is none to tell any more (its claim says so too). Asynchronous because a write
 * into a FIFO updates its inode, which waits for the journal of a busy disk.
 */
export async function tell(dir: string, command: Command): Promise<boolean> {
  const byte = command === 'pause' ? 'S' : command === 'continue' ? 'R' : STOPS[command.stop];
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
    const ctl = await open(join(dir, 'ctl'), O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
    try {
      await ctl.write(byte);
    } finally {
      await ctl.close();
    }
    return true;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENXIO' || errno === 'ENOENT' || errno === 'EPIPE') return false;
    throw cause;
  }
}

/** One command after the other, each again until it is told or nobody is `alive` to be told. */
export class Commands {
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly dir: string,
    private readonly alive: () => boolean,
    /** Logs, and resolves when it may be tried again. */
    private readonly failed: (command: Command, cause: unknown) => Promise<void>,
  ) {}

  send(command: Command): void {
    this.#last = this.#last.then(() => this.#tell(command));
  }

  async #tell(command: Command): Promise<void> {
    while (this.alive()) {
      try {
        await tell(this.dir, command);
        return;
      } catch (cause) {
        await this.failed(command, cause);
      }
    }
  }
}
