import { expect, test } from 'vitest';
import { type Curves, takeCurves } from '../../../src/daemon/scheduler/experiment.js';
import type { StoredRun } from '../../../src/daemon/store/stored.js';
import { submissionOf } from '../../helpers/commands.js';

const run = (changes: Partial<StoredRun> = {}) =>
  ({
    ...{ attempt: 0, experimentId: 'train-7', experimentChosen: false, ulid: '01J00000000000000000ABCDEF' },
    ...changes,
  }) as StoredRun;

/** Curves lie under these names, and those are being written elsewhere; `done` tells what was done, in its order. */
function ports(taken: readonly string[], elsewhere: readonly string[] = []) {
  const done: string[] = [];
  return {
    done,
    experimentTaken: async ({ experimentId }: StoredRun) => taken.includes(experimentId),
    async takeExperiment({ experimentId }: StoredRun) {
      if (elsewhere.includes(experimentId)) return { taken: false as const, by: 'gpu2' };
      done.push(`take ${experimentId}`);
      return { taken: true as const, warning: null };
    },
    replaceExperiment: async ({ experimentId }: StoredRun) => void done.push(`replace ${experimentId}`),
  };
}

const chosen = { experimentId: 'base', experimentChosen: true };

test.each<[string, readonly string[], readonly string[], Partial<StoredRun>, string | null]>([
  ['a default id that is free stays', [], [], {}, 'train-7'],
  ['one that is taken gets a suffix', ['train-7'], [], {}, 'train-7-abcdef'],
  ['and one that another machine takes at the same moment', [], ['train-7'], {}, 'train-7-abcdef'],
  ['of an earlier attempt it is its own', ['train-7'], [], { attempt: 1 }, 'train-7'],
  ['what somebody chose stays, whatever lies there', ['base'], [], chosen, 'base'],
  ['what somebody chose waits for whoever writes it', ['base'], ['base'], chosen, null],
  ['and so does a later attempt', [], ['train-7'], { attempt: 1 }, null],
])('%s', async (_, taken, elsewhere, changes, expected) => {
  const curves = await takeCurves(ports(taken, elsewhere), run(changes), submissionOf());
  expect(curves).toEqual<Curves>(
    expected === null ? { elsewhere: 'gpu2' } : { experimentId: expected, warning: null },
  );
});

test("what is to be replaced goes with the first attempt, once it is nobody else's, and never again", async () => {
  const submission = submissionOf({ existingExperiment: 'replace' });
  const first = ports(['base']);
  await takeCurves(first, run(chosen), submission);
  expect(first.done).toEqual(['take base', 'replace base']);
  const second = ports(['base']);
  await takeCurves(second, run({ ...chosen, attempt: 1 }), submission);
  expect(second.done).toEqual(['take base']);
  const written = ports(['base'], ['base']);
  await takeCurves(written, run(chosen), submission);
  expect(written.done).toEqual([]);
});
