import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { attemptDir } from '../../../src/daemon/rundir/paths.js';
import { discardCopy, type PreparePorts, prepareAttempt } from '../../../src/daemon/rundir/prepare.js';
import { sweepUnclaimed } from '../../../src/daemon/rundir/sweep.js';
import { order, ports, scratch, tree } from './fixture.js';

// What a daemon that was killed between preparing an attempt and claiming it has left.

let state: string;
let project: string;
let given: PreparePorts;
let envSha: string;

beforeEach(async () => {
  const dir = await scratch();
  [state, project] = [join(dir, 'state'), join(dir, 'project')];
  await mkdir(join(dir, 'old/step-7'), { recursive: true });
  await writeFile(join(dir, 'old/step-7/w'), 'x');
  await mkdir(project);
  const all = await ports(state);
  envSha = await all.environments.store({});
  given = {
    ...all,
    carryOver: async (from, to, below) => {
      await cp(from, join(to, below), { recursive: true });
      await cp(from, join(to, 'checkpoints/.part-step-7'), { recursive: true }); // of one that was killed as well
    },
  };
});

const resume = () => ({
  path: join(project, '../old/step-7'),
  step: 7,
  argument: null,
  inPlace: 'checkpoints/step-7',
  logsFrom: 8,
});

test('goes with the next start: the copy of a checkpoint, records, links and directories; what is not ours stays', async () => {
  const one = order(project, envSha, { attemptId: 'a1', attempt: 2, resume: resume() });
  const { runDir } = await prepareAttempt(one, null, given);
  expect(await tree(runDir)).toContain('checkpoints/step-7/w');
  const second = order(project, envSha, { attemptId: 'a2', attempt: 2, resume: resume() });
  const { runDir: used } = await prepareAttempt(second, null, given);
  await writeFile(join(used, 'mine.txt'), '');
  const { removed, gone } = await sweepUnclaimed(state, new Set());
  await gone;
  expect(removed.sort()).toEqual(['a1', 'a2']);
  expect(await readdir(join(state, 'attempts'))).toEqual([]);
  const left = (await tree(project)).filter((path) => !path.endsWith('/'));
  expect(left).toEqual([join(used, 'mine.txt').slice(project.length + 1)]);
});

test('one that is known and was never executed loses its copy alone', async () => {
  const one = order(project, envSha, { attemptId: 'a1', attempt: 2, resume: resume() });
  const { runDir } = await prepareAttempt(one, null, given);
  const before = await tree(runDir);
  await discardCopy('a1', state);
  const copied = before.filter((path) => /^checkpoints/.test(path));
  expect(await tree(runDir)).toEqual(before.filter((path) => !copied.includes(path)));
});

test('a spec that is torn, or of an older daemon, tells nothing of that', async () => {
  for (const [id, spec] of [
    ['a1', 'v=1\0made={"runDir":"/'],
    ['a2', 'v=1\0'],
  ] as const) {
    await mkdir(attemptDir(state, id), { recursive: true });
    await writeFile(join(attemptDir(state, id), 'spec'), spec);
  }
  const { removed, gone } = await sweepUnclaimed(state, new Set());
  await gone;
  expect(removed.sort()).toEqual(['a1', 'a2']);
  expect(await readdir(join(state, 'attempts'))).toEqual([]);
});
