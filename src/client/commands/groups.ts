import { type Group, RunsService } from '../../gen/expd/v1/runs.js';
import { one, wholeNumber } from '../arguments.js';
import { ClientError } from '../errors.js';
import type { Answer } from '../render/output.js';
import { plain } from '../render/plain.js';
import { table } from '../render/table.js';
import { requestId } from '../request-id.js';
import { verb } from '../verb.js';

export const groups = verb({
  name: 'groups',
  operands: '',
  takes: [0, 0],
  summary: 'the groups of the queue and their limits',
  flags: {},
  examples: [['expctl groups', 'each with its limit, what runs and what waits']],
  run: async ({ daemon }) => listed((await daemon.call(RunsService.listGroups, {})).groups),
});

export const groupsSet = verb({
  name: 'groups set',
  operands: 'NAME',
  takes: [1, 1],
  summary: 'make a group, or change its limit',
  flags: {
    limit: one('N', 'runs of the group at a time, 0 for no limit', (word) => wholeNumber(word, 0, 1_000_000)),
  },
  examples: [['expctl groups set big --limit 2', 'at most two runs of the group big at a time']],
  async run({ daemon }, { flags, operands }) {
    if (flags.limit === undefined)
      throw new ClientError('usage', '--limit is missing', 'for example: expctl groups set big --limit 2');
    const request = { requestId: requestId(), name: operands[0]!, limit: flags.limit };
    const { group } = await daemon.call(RunsService.setGroup, request);
    return listed(group === undefined ? [] : [group]);
  },
});

export const groupsRemove = verb({
  name: 'groups rm',
  operands: 'NAME',
  takes: [1, 1],
  summary: 'remove a group that no unfinished run is in',
  flags: {},
  examples: [['expctl groups rm big', 'remove the group big']],
  async run({ daemon }, { operands }) {
    const name = operands[0]!;
    await daemon.call(RunsService.removeGroup, { requestId: requestId(), name });
    return { json: { removed: name }, text: () => [`group ${plain(name)} removed`] };
  },
});

const listed = (found: readonly Group[]): Answer => ({
  json: {
    groups: found.map(({ name, limit, running, queued }) => ({
      name,
      limit: limit || null,
      running,
      queued,
    })),
  },
  text: (style) =>
    table<Group>(
      [
        { title: 'GROUP', cell: ({ name }) => plain(name), shrinks: true },
        { title: 'LIMIT', cell: ({ limit }) => (limit === 0 ? 'none' : String(limit)), align: 'right' },
        { title: 'RUNNING', cell: ({ running }) => String(running), align: 'right' },
        { title: 'QUEUED', cell: ({ queued }) => String(queued), align: 'right' },
      ],
      found,
      style.width,
    ),
});
