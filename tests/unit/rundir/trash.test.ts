import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptDir } from '../../../src/daemon/rundir/paths.js';
import { sweepUnclaimed } from '../../../src/daemon/rundir/sweep.js';
import { moveToTrash, presentDirectories } from '../../../src/daemon/rundir/trash.js';
import { scratch, tree } from './fixture.js';

const at = Date.UTC(2026, 0, 31, 9, 5, 7);

test('directories move whole to where they can be found again', async () => {
  const project = await scratch();
  const a = join(project, 'outputs/hydra/2026-01-31/09-05-07');
  const b = `${a}_2`;
  for (const directory of [a, b]) await mkdir(join(directory, 'logs'), { recursive: true });
  await writeFile(join(a, 'logs/attempt-1.log'), 'x');
  const gone = join(project, 'outputs/gone');
  const directories = [a, b, a, gone, ''];
  expect(await presentDirectories(directories)).toEqual([a, b]);
  const place = join(project, 'outputs/.trash/20260131-090507_01J7/hydra/2026-01-31');
  const moved = await moveToTrash({ project, ulid: '01J7', directories, at });
  expect(moved).toEqual([join(place, '09-05-07'), join(place, '09-05-07_2')]);
  expect(await tree(place)).toContain('09-05-07/logs/attempt-1.log');
  expect(await presentDirectories(directories)).toEqual([]);
  await mkdir(a, { recursive: true });
  // The same name again: both are kept.
  const again = await moveToTrash({ project, ulid: '01J7', directories: [a], at });
  expect(again).toEqual([join(place, '09-05-07_3')]);
});

test('a link, or a file, is refused before anything moves', async () => {
  const project = await scratch();
  const precious = await scratch();
  const a = join(project, 'outputs/a');
  await mkdir(a, { recursive: true });
  await symlink(precious, join(project, 'outputs/link'));
  await writeFile(join(project, 'outputs/file'), '');
  for (const bad of ['link', 'file']) {
    const directories = [a, join(project, 'outputs', bad)];
    await expect(moveToTrash({ project, ulid: '01J7', directories, at })).rejects.toMatchObject({
      code: 'unsafe_place',
    });
  }
  await symlink(precious, join(project, 'outputs/.trash'));
  await expect(moveToTrash({ project, ulid: '01J7', directories: [a], at })).rejects.toMatchObject({
    code: 'unsafe_place',
  });
  await rm(join(project, 'outputs/.trash'));
  expect(await presentDirectories([a])).toEqual([a]);
});

test('a directory in which the outputs of all others lie is refused', async () => {
  const project = await scratch();
  await mkdir(join(project, 'outputs/hydra'), { recursive: true });
  for (const directory of [project, join(project, 'outputs'), `${project}/outputs/`, '/'])
    await expect(moveToTrash({ project, ulid: '01J7', directories: [directory], at })).rejects.toMatchObject({
      code: 'unsafe_place',
      message: expect.stringContaining('is no directory of this run alone'),
    });
  await mkdir(`${project}/outputs2`);
  expect(await moveToTrash({ project, ulid: '01J7', directories: [`${project}/outputs2`], at })).toHaveLength(
    1,
  );
});

test('attempt directories without a run go, unless somebody claimed them', async () => {
  const state = await scratch();
  for (const id of ['known', 'left', 'claimed']) await mkdir(attemptDir(state, id), { recursive: true });
  await writeFile(join(attemptDir(state, 'left'), 'spec'), 'x');
  await writeFile(join(attemptDir(state, 'claimed'), 'claim'), '');
  const { gone, ...swept } = await sweepUnclaimed(state, new Set(['known']));
  expect(swept).toEqual({ removed: ['left'], claimed: ['claimed'] });
  await gone;
  expect(await tree(join(state, 'attempts'))).toEqual(['claimed/', 'claimed/claim', 'known/']);
  expect(await sweepUnclaimed(join(state, 'none'), new Set())).toMatchObject({ removed: [], claimed: [] });
});
