import type { Group, SetGroupRequest } from '../../gen/expd/v1/runs.js';
import type { Queue } from '../queue/queue.js';
import { LIVE_STATES } from '../run/run.js';
import type { Reader } from '../store/reader.js';
import { checkedGroup, within } from './limits.js';
import { succeeded } from './results.js';

export interface GroupPorts {
  queue: Pick<Queue, 'execute'>;
  reads: Pick<Reader, 'groups' | 'groupCounts'>;
}

const HIGHEST_LIMIT = 100_000;

export function groupViews({ reads }: GroupPorts): Group[] {
  const counts = reads.groupCounts();
  return reads.groups().map(({ name, limit }) => {
    const count = (states: readonly string[]): number =>
      counts
        .filter(({ group, state }) => group === name && states.includes(state))
        .reduce((sum, { count }) => sum + count, 0);
    return { name, limit, running: count(LIVE_STATES), queued: count(['queued', 'held']) };
  });
}

export async function setGroup(
  ports: GroupPorts,
  { requestId, name, limit }: SetGroupRequest,
): Promise<Group> {
  const command = {
    do: 'setGroup' as const,
    name: checkedGroup(name),
    limit: within('the limit', limit, 0, HIGHEST_LIMIT),
  };
  succeeded(await ports.queue.execute({ requestId: requestId || null, commands: [command] }));
  return groupViews(ports).find((group) => group.name === name) ?? { name, limit, running: 0, queued: 0 };
}

export async function removeGroup({ queue }: GroupPorts, requestId: string, name: string): Promise<void> {
  succeeded(await queue.execute({ requestId: requestId || null, commands: [{ do: 'removeGroup', name }] }));
}
