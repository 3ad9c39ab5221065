import { expect, test } from 'vitest';
import type { Candidate } from '../../../src/daemon/checkpoints/candidate.js';
import { listing } from '../../../src/daemon/checkpoints/listing.js';

const last: Candidate = {
  path: '/run/last.ckpt',
  of: { attempt: 1, runDir: '/run', below: 'last.ckpt' },
  ...{ preset: 'lightning', kind: 'file', step: null, bytes: 9, writtenAt: 5, best: false, told: false },
  ...{ metrics: {}, missing: null },
};
const around = {
  ...{ metric: null, line: new Set([last.path]), base: null, inUse: new Set<string>() },
  neededBy: () => null,
};
const known = {
  ...{ path: last.path, attempt: 1, stack: 'lightning', step: 640, bytes: 9, writtenAt: 5 },
  ...{ metrics: {}, damage: '', pinned: false },
};

test('a step that only its contents say is known once it was read', () => {
  const stepOf = (facts: Parameters<typeof listing>[1]) =>
    listing([last], facts, null, around).map(({ candidate }) => candidate.step);
  expect(stepOf([])).toEqual([null]);
  expect(stepOf([known])).toEqual([640]);
  expect(stepOf([{ ...known, writtenAt: 4 }])).toEqual([null]);
});
