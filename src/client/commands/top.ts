import { setTimeout as pause } from 'node:timers/promises';
import { DaemonService } from '../../gen/expd/v1/daemon.js';
import { type ListResponse, RunsService } from '../../gen/expd/v1/runs.js';
import { toggle } from '../arguments.js';
import { READER_GONE } from '../follow.js';
import { detachable } from '../interrupt.js';
import { goingOn } from '../render/top.js';
import { ConnectionLost } from '../transport.js';
import { type Context, verb } from '../verb.js';

const EVERY_MS = 1000;

export const top = verb({
  name: 'top',
  operands: '',
  takes: [0, 0],
  summary: 'what runs now, live: step, pace, loss, and how long it will go on',
  flags: { once: toggle('print it once and end, as where the output is no terminal') },
  examples: [
    ['expctl top', 'once a second; Ctrl-C ends it, the runs go on'],
    ['expctl top --once', 'how everything stands now'],
  ],
  async run(context, { flags }) {
    const { screen, json } = context;
    if (flags.once || json || !screen.tty) return goingOn(await asked(context));
    return detachable(
      screen,
      () => 'the runs go on',
      () => live(context),
    );
  },
});

/** Each time the whole screen: nothing is left of what was there before. */
async function live(context: Context): Promise<number> {
  const { screen } = context;
  while (!screen.closed()) {
    const lines = await frame(context);
    await screen.write(`\x1b[H${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
    await pause(EVERY_MS);
  }
  return READER_GONE;
}

async function frame(context: Context): Promise<readonly string[]> {
  const style = { ...context.screen.style, now: context.now() };
  try {
    return goingOn(await asked(context)).text(style);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    return ['the daemon went away; waiting until it is back'];
  }
}

/** What is active or waits. */
async function asked({ daemon }: Context): Promise<{ page: ListResponse; slots: number }> {
  const request = {
    states: [],
    tags: [],
    sinceMs: 0,
    name: '',
    group: '',
    runs: [],
    recent: true,
    beforeId: 0,
  };
  const [page, { slots }] = await Promise.all([
    daemon.call(RunsService.list, { ...request, pageSize: 1000, sweepId: 0, foldSweeps: false }),
    daemon.call(DaemonService.info, {}),
  ]);
  return { page, slots };
}
