import { DaemonService } from '../../gen/expd/v1/daemon.js';
import { type ListRequest, RunsService } from '../../gen/expd/v1/runs.js';
import { list, one, text, toggle } from '../arguments.js';
import { ClientError } from '../errors.js';
import { EVERYTHING, everyPage, inShort, SHOWN } from '../listing.js';
import { listed } from '../render/list.js';
import { STATES } from '../render/run.js';
import { sweepNamed } from '../render/sweep.js';
import { MANY, verb } from '../verb.js';
import { duration } from '../when.js';

export const ls = verb({
  name: 'ls',
  aliases: ['ps', 'status', 'queue'],
  operands: '[RUN…]',
  takes: [0, MANY],
  summary: 'list runs and sweeps: active, queued, or ended in the last 24 hours, newest last',
  flags: {
    all: toggle('every run there is', 'a'),
    state: list('STATE', 'only runs in this state; may be repeated, or several with commas'),
    tag: list('TAG', 'only runs with this tag; may be repeated'),
    name: text('NAME', 'only runs of this name'),
    group: text('GROUP', 'only runs of this group'),
    sweep: one('SWEEP', 'the jobs of this sweep, e.g. 4', sweepOf),
    since: one('TIME', 'only runs submitted in this time, e.g. 2d', (word, now) => now - duration(word)),
    quiet: toggle('print the bare ids', 'q'),
  },
  examples: [
    ['expctl ls', 'what is going on'],
    ['expctl ls --state failed --since 2d', 'what failed lately'],
    ['expctl ls 3,5-9', 'some runs'],
    ['expctl ls s4', 'the jobs of sweep s4, which is one line elsewhere'],
  ],
  async run({ daemon, quiet }, { flags, operands }) {
    const states = flags.state.flatMap((word) => word.split(',')).map(stateOf);
    const only = operands.length === 1 ? sweepNamed(operands[0]!) : null;
    const sweepId = flags.sweep ?? only;
    const filtered =
      states.length + flags.tag.length + operands.length > 0 ||
      [flags.name, flags.group, flags.since, flags.sweep].some((filter) => filter !== undefined);
    const request: ListRequest = {
      ...EVERYTHING,
      states,
      tags: flags.tag,
      name: flags.name ?? '',
      group: flags.group ?? '',
      sinceMs: flags.since ?? 0,
      runs: only === null ? operands : [],
      recent: !filtered && !flags.all,
      pageSize: SHOWN,
      sweepId: sweepId ?? 0,
      // A state is that of a run.
      foldSweeps: sweepId === null && operands.length + states.length === 0,
    };
    const opened = sweepId !== null;
    // Two calls on one connection cost hardly more than one.
    const [page, { notices }] = await Promise.all([
      flags.all || opened || operands.length > 0
        ? everyPage(daemon, request)
        : daemon.call(RunsService.list, request),
      daemon.call(DaemonService.info, {}),
    ]);
    const shown = opened && !flags.all ? inShort(page, SHOWN) : page;
    return listed(shown, notices, { quiet, opened, filtered: filtered || flags.all });
  },
});

function sweepOf(word: string): number {
  const id = /^s?(\d{1,15})$/.exec(word)?.[1];
  if (id !== undefined) return Number(id);
  throw new ClientError('usage', `${JSON.stringify(word)} is no sweep`, 'write 4, or s4');
}

function stateOf(word: string) {
  const entry = Object.entries(STATES).find(([name]) => name === word);
  if (entry !== undefined) return entry[1];
  throw new ClientError(
    'usage',
    `${JSON.stringify(word)} is no state`,
    `states: ${Object.keys(STATES).join(', ')}`,
  );
}
