import { chmod, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changedSince } from '../../../src/code/changed.js';
import { fingerprintOf } from '../../../src/code/fingerprint.js';
import { codeState, type KnownCode } from '../../../src/code/git.js';
import { git, OPTIONS, repository, scratch } from './repository.js';

async function known(directory: string): Promise<KnownCode> {
  const state = await codeState(directory, OPTIONS);
  if (!state.known) throw new Error(state.why);
  return state;
}

async function committed(files: Record<string, string>): Promise<string> {
  const directory = await repository();
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  await git(directory, 'add', '.');
  await git(directory, 'commit', '-qm', 'first');
  return directory;
}

test('a clean tree', async () => {
  const directory = await committed({ 'a.py': '1\n' });
  await git(directory, 'remote', 'add', 'origin', 'https://example.org/ada/x.git');
  expect(await known(directory)).toEqual({
    known: true,
    toplevel: directory,
    commit: await git(directory, 'rev-parse', 'HEAD'),
    branch: 'main',
    remote: 'https://example.org/ada/x.git',
    dirty: false,
    diff: null,
    diffOmitted: false,
    traces: [],
    changedFiles: [],
  });
});

test('changed, staged, deleted, odd names; and asked from a directory below', async () => {
  const directory = await committed({
    'a.py': '1\n',
    'b c.py': '1\n',
    'gone.py': '1\n',
    'größe\t.py': '1\n',
  });
  await mkdir(join(directory, 'sub'));
  await writeFile(join(directory, 'a.py'), '2\n');
  await writeFile(join(directory, 'b c.py'), '2\n');
  await writeFile(join(directory, 'größe\t.py'), '2\n');
  await git(directory, 'add', 'b c.py');
  await rm(join(directory, 'gone.py'));
  await writeFile(join(directory, 'new.py'), '1\n');
  const state = await known(join(directory, 'sub'));
  expect(state.toplevel).toBe(directory);
  expect(state.changedFiles).toEqual(['a.py', 'b c.py', 'gone.py', 'größe\t.py', 'new.py']);
  expect(state.dirty).toBe(true);
  expect(state.diff?.toString()).toContain('diff --git a/b c.py b/b c.py');
  expect(await git(directory, 'status', '--porcelain')).not.toBe('');
});

test('what runs write into a tree is not its code', async () => {
  const directory = await committed({ 'a.py': '1\n' });
  const before = await known(directory);
  for (const place of ['outputs/hydra/x', 'sub/outputs', '__pycache__', 'wandb']) {
    await mkdir(join(directory, place), { recursive: true });
    await writeFile(join(directory, place, 'file'), 'x');
  }
  expect(await known(directory)).toEqual(before);
});

test("the user's settings do not change what is seen", async () => {
  const directory = await committed({ 'a.py': '1\n' });
  await writeFile(join(directory, 'a.py'), '2\n');
  const before = await known(directory);
  for (const [key, value] of [
    ['diff.noprefix', 'true'],
    ['diff.mnemonicPrefix', 'true'],
    ['color.ui', 'always'],
    ['diff.external', '/bin/false'],
    ['status.showUntrackedFiles', 'no'],
    ['core.fsmonitor', '/bin/false'],
    ['status.relativePaths', 'false'],
  ] as const)
    await git(directory, 'config', key, value);
  expect(await known(directory)).toEqual(before);
});

describe('unusual trees', () => {
  test('before the first commit', async () => {
    const directory = await repository();
    await writeFile(join(directory, 'a.py'), '1\n');
    await writeFile(join(directory, 'b.py'), '1\n');
    await git(directory, 'add', 'a.py');
    expect(await known(directory)).toMatchObject({
      commit: '',
      branch: 'main',
      dirty: true,
      changedFiles: ['a.py', 'b.py'],
    });
  });

  test('a detached HEAD', async () => {
    const directory = await committed({ 'a.py': '1\n' });
    await git(directory, 'checkout', '-q', '--detach');
    expect(await known(directory)).toMatchObject({ branch: '', dirty: false });
  });

  test('a submodule with changes of its own', async () => {
    const inner = await committed({ 'lib.py': '1\n' });
    const outer = await committed({ 'a.py': '1\n' });
    await git(outer, 'submodule', '--quiet', 'add', inner, 'lib');
    await git(outer, 'commit', '-qm', 'submodule');
    expect((await known(outer)).dirty).toBe(false);
    await writeFile(join(outer, 'lib/lib.py'), '2\n');
    expect((await known(outer)).changedFiles).toEqual(['lib']);
  });

  test('outside git, bare, gone, broken: unknown, with the reason', async () => {
    const bare = await scratch();
    await git(bare, 'init', '-q', '--bare');
    const broken = await repository();
    await writeFile(join(broken, '.git/HEAD'), 'nonsense');
    expect(await codeState(await scratch(), OPTIONS)).toEqual({
      known: false,
      why: 'not in a git repository',
    });
    expect(await codeState(bare, OPTIONS)).toMatchObject({
      known: false,
      why: expect.stringContaining('work tree'),
    });
    expect(await codeState(broken, OPTIONS)).toMatchObject({ known: false });
    expect(await codeState('/nonexistent', OPTIONS)).toMatchObject({ known: false });
    const noGit = { ...OPTIONS, env: { PATH: '/nonexistent' } };
    expect(await codeState(bare, noGit)).toEqual({ known: false, why: 'git is not installed' });
  });

  test('a diff of more than 3 MiB is left out; changes in it are still seen', async () => {
    const directory = await committed({ 'big.txt': '' });
    const big = join(directory, 'big.txt');
    await writeFile(big, '0123456789abcdef\n'.repeat(250_000));
    const before = await known(directory);
    expect(before).toMatchObject({ diff: null, diffOmitted: true, dirty: true, changedFiles: ['big.txt'] });
    await utimes(big, new Date(), new Date(Date.now() + 5000));
    const submitted = { ...before, fingerprint: fingerprintOf(before), at: Date.now() };
    expect(await changedSince(submitted, await known(directory), OPTIONS)).toEqual(['big.txt']);
  });

  test('a data set in the tree, ignored by nobody, is passed over', async () => {
    const directory = await committed({ 'a.py': '1\n' });
    await mkdir(join(directory, 'data'));
    await Promise.all(Array.from({ length: 2_100 }, (_, n) => writeFile(join(directory, `data/${n}`), '')));
    expect(await known(directory)).toMatchObject({ dirty: false, changedFiles: [] });
  });

  test('a git that hangs costs the limit, not more', async () => {
    const place = await scratch();
    await writeFile(join(place, 'git'), '#!/bin/sh\nsleep 30 &\nwait\n');
    await chmod(join(place, 'git'), 0o755);
    const began = performance.now();
    const options = { limitMs: 300, env: { PATH: `${place}:${process.env.PATH}` } };
    expect(await codeState(place, options)).toEqual({ known: false, why: 'git took longer than 0.3 s' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

test('only one of the two diffs was kept: files are compared by their times', async () => {
  const directory = await committed({ 'big.txt': '', 'small.py': '1\n' });
  const past = new Date(Date.now() - 60_000);
  await writeFile(join(directory, 'small.py'), '2\n');
  await utimes(join(directory, 'small.py'), past, past);
  await writeFile(join(directory, 'big.txt'), '0123456789abcdef\n'.repeat(250_000));
  const before = await known(directory);
  expect(before.diffOmitted).toBe(true);
  const at = Date.now() - 1000;
  await writeFile(join(directory, 'big.txt'), 'small\n');
  expect(
    await changedSince(
      { ...before, fingerprint: fingerprintOf(before), at },
      await known(directory),
      OPTIONS,
    ),
  ).toEqual(['big.txt']);
});

describe('changed since submission', () => {
  async function submitted() {
    const directory = await committed({ 'a.py': '1\n', 'b.py': '1\n', 'c.py': '1\n' });
    await writeFile(join(directory, 'a.py'), '2\n');
    await writeFile(join(directory, 'new.py'), '1\n');
    const state = await known(directory);
    const fingerprint = fingerprintOf(state);
    const at = Date.now();
    const since = async (): Promise<string[] | null> =>
      changedSince({ ...state, fingerprint, at }, await codeState(directory, OPTIONS), OPTIONS);
    return { directory, since };
  }

  test('nothing', async () => {
    const { directory, since } = await submitted();
    expect(await since()).toEqual([]);
    await utimes(join(directory, 'b.py'), 1, 1);
    expect(await since()).toEqual([]);
  });

  test('another change of a dirty file, a change of a clean one, a new one', async () => {
    const { directory, since } = await submitted();
    await writeFile(join(directory, 'a.py'), '3\n');
    await writeFile(join(directory, 'b.py'), '3\n');
    await writeFile(join(directory, 'newer.py'), '3\n');
    expect(await since()).toEqual(['a.py', 'b.py', 'newer.py']);
  });

  test('an untracked file was changed, another taken away', async () => {
    const { directory, since } = await submitted();
    await utimes(join(directory, 'new.py'), new Date(), new Date(Date.now() + 5000));
    expect(await since()).toEqual(['new.py']);
    await rm(join(directory, 'new.py'));
    expect(await since()).toEqual(['new.py']);
  });

  test('a dirty file was put back', async () => {
    const { directory, since } = await submitted();
    await git(directory, 'checkout', '-q', 'a.py');
    expect(await since()).toEqual(['a.py']);
  });

  test('a commit of other files; a commit of what was dirty already', async () => {
    const { directory, since } = await submitted();
    await writeFile(join(directory, 'c.py'), '3\n');
    await git(directory, 'commit', '-qm', 'c', 'c.py');
    expect(await since()).toEqual(['c.py']);
  });

  test('git is gone: unknown', async () => {
    const { directory, since } = await submitted();
    await rm(join(directory, '.git'), { recursive: true });
    expect(await since()).toBeNull();
  });
});
