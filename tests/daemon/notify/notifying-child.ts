import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/daemon/clock.js';
import { startNotifier } from '../../../src/daemon/notify/notifier.js';
import { PATIENCE } from '../../../src/daemon/notify/patience.js';
import type { Target } from '../../../src/daemon/notify/target.js';
import type { Command } from '../../../src/daemon/queue/commands.js';
import { openQueue } from '../../../src/daemon/queue/queue.js';
import { openReader } from '../../../src/daemon/store/reader.js';
import { outbox } from '../../../src/daemon/wiring/adapters.js';

/** Queue and notifier in a process of their own, to be killed: lines of commands in, lines of results out. */
export interface Begin {
  stateDir: string;
  workerFile: string;
  targets: Target[];
}

const { stateDir, workerFile, targets }: Begin = JSON.parse(process.argv[2] ?? '{}');
const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

async function main(): Promise<void> {
  const queue = await openQueue({
    stateDir,
    workerFile,
    notify: true,
    onFailure: (error) => {
      throw error;
    },
  });
  const reader = openReader(stateDir);
  const notifier = startNotifier(targets, {
    outbox: outbox(reader, queue),
    clock: systemClock,
    log,
    patience: { ...PATIENCE, firstRetryMs: 5, longestRetryMs: 50 },
  });
  queue.onCommit(({ notifications }) => notifications && notifier.wake());
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const commands: Command[] = JSON.parse(line);
    const results = await queue.execute({ requestId: null, commands });
    if (commands.length === 0) globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.stdout.write(
      `${JSON.stringify({ results, heap: heapUsed + external, rows: reader.notificationsAfter(0, 10_000).length })}\n`,
    );
  }
}

void main();
