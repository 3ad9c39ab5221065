import { Worker } from 'node:worker_threads';

/** Why a checkpoint must not be used, or null when every byte is as its manifest says. */
export type Verify = (checkpoint: string) => Promise<string | null>;

/** Two at a time: after a reboot many runs resume at once, and the disk is theirs. */
const AT_A_TIME = 2;

/** Verifies in worker threads; `workerFile` is the bundle of verifier.ts. */
export function verifyInThread(workerFile: string): Verify {
  let free = AT_A_TIME;
  const waiting: (() => void)[] = [];
  return async (checkpoint) => {
    if (free === 0) await new Promise<void>((turn) => waiting.push(turn));
    else free--;
    try {
      return await once(workerFile, checkpoint);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

const once = (workerFile: string, checkpoint: string): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const thread = new Worker(workerFile, { workerData: checkpoint, name: 'expd verify', execArgv: [] });
    thread.once('message', (why: string | null) => resolve(why));
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the verifying thread ended with ${code}`)));
  });
