import { close, constants, fstat, open, read } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from './errno.js';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
const opened = promisify(open);
const closed = promisify(close);
const stated = promisify(fstat);

/**
 * The claim is a FIFO that its shim holds open for writing from before it has its name until it ends.
 * So liveness is a question to the kernel, without pids and timers. `held` hands over the open reading end.
 */
export type Claim = { is: 'absent' } | { is: 'released' } | { is: 'held'; fd: number };

/** Looks at an attempt's claim. Throws for anything but a missing claim: "cannot look" is no answer. */
export async function lookAtClaim(dir: string): Promise<Claim> {
  let fd: number;
  try {
    // O_NONBLOCK, always: without it the open of a FIFO that nobody writes to would wait for ever.
    fd = await opened(join(dir, 'claim'), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return { is: 'absent' };
    if (errnoOf(cause) === 'ELOOP') return { is: 'released' }; // no shim makes a link
    throw cause;
  }
  try {
    if ((await stated(fd)).isFIFO() && (await hasWriter(fd))) return { is: 'held', fd };
  } catch (cause) {
    await closed(fd);
    throw cause;
  }
  await closed(fd);
  return { is: 'released' };
}

const hasWriter = (fd: number): Promise<boolean> =>
  new Promise((settle, fail) => {
    read(fd, Buffer.alloc(1), 0, 1, null, (cause) => {
      if (cause === null)
        settle(false); // end of file; nobody ever writes into a claim
      else if (cause.code === 'EAGAIN') settle(true);
      else fail(cause);
    });
  });

/** Calls back once when the last writer is gone. Takes over the descriptor; the answer stops watching. */
export function onRelease(fd: number, released: () => void): () => void {
  const claim = new Socket({ fd, readable: true, writable: false });
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    claim.destroy();
    released();
  };
  claim.on('end', end).on('error', end).on('close', end).resume();
  return () => {
    over = true;
    claim.destroy();
  };
}
