import type { Scribe } from '../../src/daemon/rundir/scribe.js';
import { SweepDirectories } from '../../src/daemon/rundir/sweep-directories.js';

/** For tests whose runs have neither configurations nor checkpoints to be copied. */
export const unconfigured = (scribe: Scribe) => ({
  configured: { jobFiles: refuse, keptSources: refuse },
  carryOver: refuse,
  sweeps: new SweepDirectories(scribe, { load: refuse }),
});

const refuse = (): Promise<never> => Promise.reject(new Error('there is nothing of that here'));
