import { claimDirectory } from '../../../src/daemon/rundir/claim.js';
import { Scribe } from '../../../src/daemon/rundir/scribe.js';

/** PATH SHIM TIMES: claims a directory so many times and prints what it got, a line each. */
const [, , path = '', shim = '', times = ''] = process.argv;
const scribe = new Scribe(shim);

async function claim(): Promise<void> {
  for (let n = 0; n < Number(times); n++)
    process.stdout.write(`${await claimDirectory(scribe, path, 0o755)}\n`);
  await scribe.close();
}

void claim();
