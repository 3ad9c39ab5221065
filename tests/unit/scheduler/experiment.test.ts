import { expect, test } from 'vitest';
import { experimentOf } from '../../../src/daemon/scheduler/experiment.js';
import type { StoredRun } from '../../../src/daemon/store/stored.js';
import { submissionOf } from '../../helpers/commands.js';

const run = (changes: Partial<StoredRun> = {}) =>
  ({
    ...{ attempt: 0, experimentId: 'train-7', experimentChosen: false, ulid: '01J00000000000000000ABCDEF' },
    ...changes,
  }) as StoredRun;

/** Curves lie under these names; `replaced` gathers those that were moved away. */
function ports(taken: readonly string[]) {
  const replaced: string[] = [];
  return {
    replaced,
    experimentTaken: async ({ experimentId }: StoredRun) => taken.includes(experimentId),
    replaceExperiment: async ({ experimentId }: StoredRun) => void replaced.push(experimentId),
  };
}

test.each<[string, readonly string[], Partial<StoredRun>, string]>([
  ['a default id that is free stays', [], {}, 'train-7'],
  ['one that is taken gets a suffix', ['train-7'], {}, 'train-7-abcdef'],
  ['of an earlier attempt it is its own', ['train-7'], { attempt: 1 }, 'train-7'],
  [
    'what somebody chose stays, whatever lies there',
    ['base'],
    { experimentId: 'base', experimentChosen: true },
    'base',
  ],
])('%s', async (_, taken, changes, expected) => {
  expect(await experimentOf(ports(taken), run(changes), submissionOf())).toBe(expected);
});

test('what is to be replaced goes with the first attempt, and never again', async () => {
  const submission = submissionOf({ existingExperiment: 'replace' });
  const chosen = { experimentId: 'base', experimentChosen: true };
  const first = ports(['base']);
  await experimentOf(first, run(chosen), submission);
  expect(first.replaced).toEqual(['base']);
  const second = ports(['base']);
  await experimentOf(second, run({ ...chosen, attempt: 1 }), submission);
  expect(second.replaced).toEqual([]);
});
