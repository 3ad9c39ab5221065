import { DaemonService } from '../../gen/expd/v1/daemon.js';
import { type ListRequest, type ListResponse, type Run, RunsService } from '../../gen/expd/v1/runs.js';
import { list, one, text, toggle } from '../arguments.js';
import { ClientError } from '../errors.js';
import { listed } from '../render/list.js';
import { STATES } from '../render/run.js';
import { type Context, MANY, verb } from '../verb.js';
import { duration } from '../when.js';

const PAGE = 1000;
const SHOWN = 50;

export const ls = verb({
  name: 'ls',
  aliases: ['ps', 'status', 'queue'],
  operands: '[RUN…]',
  takes: [0, MANY],
  summary: 'list runs: active, queued, or ended in the last 24 hours, newest last',
  flags: {
    all: toggle('every run there is', 'a'),
    state: list('STATE', 'only runs in this state; may be repeated, or several with commas'),
    tag: list('TAG', 'only runs with this tag; may be repeated'),
    name: text('NAME', 'only runs of this name'),
    group: text('GROUP', 'only runs of this group'),
    since: one('TIME', 'only runs submitted in this time, e.g. 2d', (word, now) => now - duration(word)),
    quiet: toggle('print the bare ids', 'q'),
  },
  examples: [
    ['expctl ls', 'what is going on'],
    ['expctl ls --state failed --since 2d', 'what failed lately'],
    ['expctl ls 3,5-9', 'some runs'],
  ],
  async run(context, { flags, operands }) {
    const states = flags.state.flatMap((word) => word.split(',')).map(stateOf);
    const filtered =
      states.length + flags.tag.length + operands.length > 0 ||
      [flags.name, flags.group, flags.since].some((filter) => filter !== undefined);
    const request: ListRequest = {
      states,
      tags: flags.tag,
      name: flags.name ?? '',
      group: flags.group ?? '',
      sinceMs: flags.since ?? 0,
      runs: operands,
      recent: !filtered && !flags.all,
      beforeId: 0,
      pageSize: flags.all || operands.length > 0 ? PAGE : SHOWN,
      sweepId: 0,
      foldSweeps: false,
    };
    // Two calls on one connection cost hardly more than one.
    const [pages, { notices }] = await Promise.all([
      fetch(context, request, flags.all || operands.length > 0),
      context.daemon.call(DaemonService.info, {}),
    ]);
    return listed(pages, notices, { quiet: context.quiet, filtered: filtered || flags.all });
  },
});

async function fetch({ daemon }: Context, request: ListRequest, all: boolean): Promise<ListResponse> {
  const first = await daemon.call(RunsService.list, request);
  const runs: Run[] = first.runs;
  let next = first.nextBeforeId;
  while (all && next !== 0) {
    const page = await daemon.call(RunsService.list, { ...request, beforeId: next });
    runs.push(...page.runs);
    next = page.nextBeforeId;
  }
  return { ...first, runs, nextBeforeId: next };
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
