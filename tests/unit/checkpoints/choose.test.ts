import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nextResumePoint } from '../../../src/daemon/checkpoints/choose.js';
import type { ResumeChoice } from '../../../src/daemon/run/run.js';
import { inspecting } from '../../helpers/inspecting.js';

const inspect = inspecting();

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'expd-tracking-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const name = (step: number): string => `step-${String(step).padStart(8, '0')}`;

async function checkpoint(
  directory: string,
  step: number,
  files: Record<string, string> = {},
): Promise<string> {
  const path = join(directory, name(step));
  const entries = Object.entries({ 'model.bin': `weights ${step}`, 'optim/state.json': '{}', ...files });
  for (const [file, content] of entries) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
  }
  const listed = entries.map(([file, content]) => [
    file,
    { size: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex') },
  ]);
  await manifest(path, { v: 1, step, files: Object.fromEntries(listed) });
  return path;
}

const manifest = (path: string, content: object): Promise<void> =>
  writeFile(join(path, 'MANIFEST.json'), JSON.stringify(content));

/** Of a run whose attempts had these directories. */
async function choose(choice: ResumeChoice, runDirs: readonly string[]) {
  const attempts = runDirs.map((runDir, n) => ({
    ...{ number: n + 1, runDir, resumedFrom: null, claimedAt: 0, endedAt: 1 },
  }));
  const submission = { cwd: '/', resumeArg: null };
  const { point, warnings } = await nextResumePoint(choice, { attempts, submission }, inspect);
  return { point: point && { path: point.path, step: point.step }, warnings };
}

const newest = (...runDirs: string[]) => choose({ from: 'newest' }, runDirs);

test('the highest step of all attempts; of equal steps the newer attempt’s', async () => {
  const [a, b] = [await scratch(), await scratch()];
  await checkpoint(a, 100);
  const high = await checkpoint(a, 300);
  await checkpoint(b, 200);
  expect(await newest(a, b)).toEqual({ point: { path: high, step: 300 }, warnings: [] });
  const again = await checkpoint(b, 300);
  expect((await newest(a, b)).point?.path).toBe(again);
  expect((await newest(b, a)).point?.path).toBe(high);
  expect(await newest(await scratch(), '/nonexistent')).toEqual({ point: null, warnings: [] });
});

test('only complete ones count', async () => {
  const directory = await scratch();
  const whole = await checkpoint(directory, 100);
  await rm(join(await checkpoint(directory, 200), 'MANIFEST.json'));
  await checkpoint(directory, 300).then((path) => rename(path, join(directory, '.tmp-step-00000300')));
  await mkdir(join(directory, 'step-9'));
  await writeFile(join(directory, 'step-00000400'), 'a file');
  expect(await newest(directory)).toEqual({ point: { path: whole, step: 100 }, warnings: [] });
});

describe('a damaged one is passed over, and it is said why', () => {
  test.each<[what: string, damage: (path: string) => Promise<unknown>, why: string]>([
    ['flipped byte', (p) => writeFile(join(p, 'model.bin'), 'weights 20O'), 'sha256 differs'],
    ['cut short', (p) => truncate(join(p, 'model.bin'), 3), '3 bytes instead of 11'],
    ['missing file', (p) => rm(join(p, 'optim/state.json')), 'optim/state.json is missing'],
    ['torn manifest', (p) => truncate(join(p, 'MANIFEST.json'), 20), 'torn'],
    ['empty manifest', (p) => truncate(join(p, 'MANIFEST.json'), 0), 'torn'],
    [
      'another step',
      (p) => manifest(p, { v: 1, step: 999, files: { a: { size: 0, sha256: '0'.repeat(64) } } }),
      'names step 999',
    ],
    ['another version', (p) => manifest(p, { v: 2, step: 200, files: {} }), 'no manifest of version 1'],
    ['no files', (p) => manifest(p, { v: 1, step: 200, files: {} }), 'lists no files'],
    [
      'no hash',
      (p) => manifest(p, { v: 1, step: 200, files: { 'model.bin': { size: 11 } } }),
      'no size and sha256',
    ],
    [
      '..',
      (p) => manifest(p, { v: 1, step: 200, files: { '../x': { size: 0, sha256: '0'.repeat(64) } } }),
      'outside the checkpoint',
    ],
    [
      'absolute',
      (p) => manifest(p, { v: 1, step: 200, files: { '/etc/passwd': { size: 0, sha256: '0'.repeat(64) } } }),
      'outside the checkpoint',
    ],
    ['linked file', (p) => linkInstead(join(p, 'model.bin')), 'model.bin is not a regular file'],
    ['linked directory', (p) => linkInstead(join(p, 'optim')), 'not a regular file'],
    [
      'directory for a file',
      (p) => rm(join(p, 'model.bin')).then(() => mkdir(join(p, 'model.bin'))),
      'not a regular file',
    ],
  ])('%s', async (_, damage, why) => {
    const directory = await scratch();
    const sound = await checkpoint(directory, 100);
    const damaged = await checkpoint(directory, 200);
    await damage(damaged);
    const found = await newest(directory);
    expect(found.point).toEqual({ path: sound, step: 100 });
    expect(found.warnings).toEqual([expect.stringContaining(why)]);
    expect(found.warnings[0]).toContain(damaged);
  });

  test('a link in place of the checkpoint or its manifest', async () => {
    const [directory, elsewhere] = [await scratch(), await scratch()];
    const sound = await checkpoint(directory, 100);
    await symlink(await checkpoint(elsewhere, 300), join(directory, name(300)));
    await linkInstead(join(await checkpoint(directory, 200), 'MANIFEST.json'));
    expect((await newest(directory)).point?.path).toBe(sound);
  });

  test('all damaged: from the start', async () => {
    const directory = await scratch();
    for (const step of [1, 2]) await truncate(join(await checkpoint(directory, step), 'model.bin'), 1);
    const found = await newest(directory);
    expect(found.point).toBeNull();
    expect(found.warnings.length).toBe(2);
  });
});

describe('a chosen one', () => {
  const chosen = async (directories: string[], what: string) =>
    (await choose({ from: 'chosen', what }, directories)).point;

  test('by step, by name, by path', async () => {
    const [run, elsewhere] = [await scratch(), await scratch()];
    const directory = join(run, 'checkpoints');
    const path = await checkpoint(directory, 100);
    await checkpoint(directory, 200);
    const other = await checkpoint(elsewhere, 7);
    for (const what of ['100', '00000100', name(100), `checkpoints/${name(100)}`, path, `${path}/`])
      expect(await chosen([run], what)).toEqual({ path, step: 100 });
    expect(await chosen([run], other)).toEqual({ path: other, step: 7 });
    const deep = await checkpoint(join(run, 'out/deep'), 300);
    expect(await chosen([run], name(300))).toEqual({ path: deep, step: 300 });
  });

  test('missing or damaged: an error, never another one', async () => {
    const directory = await scratch();
    await checkpoint(directory, 100);
    await truncate(join(await checkpoint(directory, 200), 'model.bin'), 1);
    for (const what of ['200', '300', 'x', '/etc', ''])
      await expect(chosen([directory], what)).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('nothing is looked for where nothing was asked for', async () => {
  const refuse = () => Promise.reject(new Error('looked'));
  const past = { attempts: [], submission: { cwd: '/', resumeArg: null } };
  expect((await nextResumePoint({ from: 'nothing' }, past, refuse)).point).toBeNull();
});

test('a large checkpoint is verified without the event loop waiting', async () => {
  const directory = await scratch();
  const path = await checkpoint(directory, 100, { 'large.bin': 'x'.repeat(200 << 20) });
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const found = await newest(directory);
  clearInterval(timer);
  expect(found.point?.path).toBe(path);
  expect(longest).toBeLessThan(150);
}, 60_000);

async function linkInstead(path: string): Promise<void> {
  await rename(path, `${path}.real`);
  await symlink(`${path}.real`, path);
  await readFile(`${path}.real`).catch(() => null);
}
