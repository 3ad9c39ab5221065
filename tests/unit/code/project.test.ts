import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectOf } from '../../../src/code/project.js';
import { scratch } from './repository.js';

test('conf/config.yaml, else git, else the directory itself; nearest first', async () => {
  const root = await scratch();
  const deep = join(root, 'repo/app/src/größe');
  await mkdir(deep, { recursive: true });
  expect(projectOf(deep)).toBe(deep);
  await writeFile(join(root, 'repo/.git'), 'gitdir: elsewhere\n');
  expect(projectOf(deep)).toBe(join(root, 'repo'));
  await mkdir(join(root, 'conf'));
  await writeFile(join(root, 'conf/config.yaml'), '');
  expect(projectOf(deep)).toBe(root);
  await mkdir(join(root, 'repo/app/conf/config.yaml'), { recursive: true });
  expect(projectOf(deep)).toBe(root);
  await mkdir(join(root, 'repo/conf'));
  await writeFile(join(root, 'repo/conf/config.yaml'), '');
  expect(projectOf(deep)).toBe(join(root, 'repo'));
  await symlink(deep, join(root, 'link'));
  expect(projectOf(join(root, 'link'))).toBe(join(root, 'repo'));
});
