import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/daemon/clock.js';
import { environmentStore } from '../../../src/daemon/rundir/environment.js';
import { readLayouts } from '../../../src/daemon/rundir/layouts.js';
import { Scribe } from '../../../src/daemon/rundir/scribe.js';
import type { StartOrder } from '../../../src/daemon/supervisor/executor.js';
import { type LocalOptions, openLocalExecutor } from '../../../src/daemon/supervisor/local.js';
import { installShim } from '../../../src/daemon/supervisor/shim.js';
import { unconfigured } from '../../helpers/unconfigured.js';

/** A daemon's executor in a process of its own, to be killed: commands as JSON lines in, facts as JSON lines out. */
export type ChildCommand =
  | { do: 'prepare'; order: StartOrder }
  | { do: 'launch'; attemptId: string }
  | { do: 'hoard' }
  | { do: 'release' }
  | { do: 'grow'; bytes: number };
export interface ChildOptions {
  state: string;
  shims: string[];
  layouts: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const warn = (fields: object): boolean =>
  say({ warning: JSON.parse(JSON.stringify(fields, (_, v) => (v instanceof Error ? v.message : v))) });
const hoarded: number[] = [];
const ballast: Buffer[] = [];

const shim = installShim(options.shims, options.state);
const scribe = new Scribe(shim.then(({ file }) => file));
const executor = await openLocalExecutor({
  state: options.state,
  shim,
  ...unconfigured(scribe),
  scribe,
  clock: systemClock,
  environments: environmentStore(options.state),
  layouts: readLayouts(options.layouts),
  log: { debug() {}, info() {}, warn, error: warn, fatal: warn } as unknown as LocalOptions['log'],
  fact: (fact) => say({ fact, at: performance.timeOrigin + performance.now() }),
});
say({ ready: process.pid });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as ChildCommand;
  switch (command.do) {
    case 'prepare':
      say({ prepared: await executor.prepare(command.order) });
      break;
    case 'launch': {
      const before = performance.now();
      executor.launch(command.attemptId);
      say({ launched: command.attemptId, blockedMs: performance.now() - before });
      break;
    }
    case 'hoard':
      hoard();
      break;
    case 'release':
      for (const fd of hoarded.splice(0)) closeSync(fd);
      say({ released: true });
      break;
    case 'grow':
      ballast.push(Buffer.alloc(command.bytes, 1));
      say({ grown: process.memoryUsage().rss });
      break;
  }
}

/** Opens files until there are no more descriptors to be had. */
function hoard(): void {
  try {
    for (;;) hoarded.push(openSync('/dev/null', 'r'));
  } catch {
    say({ hoarded: hoarded.length });
  }
}
