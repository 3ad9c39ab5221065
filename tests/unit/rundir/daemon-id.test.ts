import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { daemonId } from '../../../src/daemon/rundir/daemon-id.js';
import { scratch } from './fixture.js';

test('it is made once; what a killed daemon had made of it goes', async () => {
  const state = join(await scratch(), 'state');
  await mkdir(state);
  await writeFile(join(state, '.id.0123456789ab.tmp'), '');
  await writeFile(join(state, '.settings.0123456789ab.tmp'), ''); // of somebody else
  const id = await daemonId(state);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect((await readdir(state)).sort()).toEqual(['.settings.0123456789ab.tmp', 'id']);
  expect(await daemonId(state)).toBe(id);
});
