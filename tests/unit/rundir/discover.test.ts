import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { CodeState } from '../../../src/daemon/run/submission.js';
import { diffStore } from '../../../src/daemon/rundir/diffs.js';
import { completeMetadata } from '../../../src/daemon/rundir/discover.js';
import { parseGpus } from '../../../src/daemon/rundir/gpus.js';
import { nodeOf, pythonOf } from '../../../src/daemon/rundir/interpreter.js';
import { Look } from '../../../src/daemon/rundir/look.js';
import { prepareAttempt } from '../../../src/daemon/rundir/prepare.js';
import { pythonFacts } from '../../../src/daemon/rundir/python.js';
import { order, ports, scratch } from './fixture.js';

const run = promisify(execFile);

/** A real virtual environment with packages as installers leave them. */
async function venv(root: string): Promise<string> {
  const directory = join(root, 'venv');
  await run('python3', ['-m', 'venv', '--without-pip', directory]);
  const site = (
    await run(join(directory, 'bin/python'), ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])
  ).stdout.trim();
  const entries = [
    'torch-2.3.0+cu121.dist-info',
    'my_package-1.0.dist-info',
    'Old-0.1-py3.11.egg-info',
    '~orch-2.2.dist-info',
    'torch',
  ];
  for (const entry of entries) await mkdir(join(site, entry));
  const torchrun = join(directory, 'bin/torchrun');
  await writeFile(torchrun, `#!${join(directory, 'bin/python')}\nprint(1)\n`);
  await chmod(torchrun, 0o755);
  return directory;
}

test("a virtual environment: version and packages from its files, found by the command's own python", async () => {
  const root = await scratch();
  const directory = await venv(root);
  const python = join(directory, 'bin/python');
  const PATH = '/usr/bin:/bin';
  const activated = { VIRTUAL_ENV: directory, PATH: `${directory}/bin:${PATH}` };
  for (const command of [
    { argv: ['python', 'train.py'], cwd: root, environment: activated },
    { argv: [python, 'train.py'], cwd: '/', environment: { PATH } },
    { argv: ['venv/bin/python'], cwd: root, environment: { PATH } },
    { argv: ['torchrun', 'train.py'], cwd: root, environment: { PATH: `${directory}/bin:${PATH}` } },
    { argv: ['bash', 'train.sh'], cwd: root, environment: { ...activated, PATH } },
  ]) {
    expect(await pythonOf(command)).toBe(python);
  }
  const { stdout } = await run(python, ['-c', 'import platform; print(platform.python_version())']);
  const facts = await pythonFacts(python, { argv: [], cwd: root, environment: {} });
  expect(facts).toEqual({
    version: stdout.trim(),
    executable: python,
    packages: ['my-package==1.0', 'Old==0.1', 'torch==2.3.0+cu121'],
  });
});

test('no Python, no Node.js: none is made up', async () => {
  const environment = { PATH: '/usr/bin:/bin' };
  const root = await scratch();
  await symlink(process.execPath, join(root, 'node'));
  expect(await pythonOf({ argv: ['true'], cwd: '/', environment })).toBeNull();
  expect(await pythonOf({ argv: ['missing-program'], cwd: '/', environment })).toBeNull();
  expect(await pythonOf({ argv: [], cwd: '/', environment })).toBeNull();
  expect(await nodeOf({ argv: ['true'], cwd: '/', environment })).toBeNull();
  expect(await nodeOf({ argv: ['node', 'x.mjs'], cwd: '/', environment: { PATH: root } })).not.toBeNull();
});

test('metadata.json is completed after the start, also at the top level', async () => {
  const root = await scratch();
  const project = join(root, 'p');
  await mkdir(project);
  const given = await ports(join(root, 'state'));
  const environment = { PATH: '/usr/bin:/bin' };
  const envSha = await given.environments.store(environment);
  const diffs = diffStore(join(root, 'state'));
  const diffSha = await diffs.store(Buffer.from('diff --git a/x b/x\n'));
  const code: CodeState & { known: true } = {
    ...{
      known: true as const,
      toplevel: project,
      commit: 'c'.repeat(40),
      branch: 'main',
      remote: '',
      dirty: true,
    },
    ...{ diffSha, diffOmitted: false, fingerprint: 'f', changedFiles: ['x'] },
  };
  const one = order(project, envSha, { code });
  const { runDir } = await prepareAttempt(one, null, given);
  const before = JSON.parse(await readFile(join(runDir, 'metadata.json'), 'utf8'));
  expect(before).toMatchObject({ complete: false, git: { commit: code.commit, diff: 'git.diff' } });
  const command = { argv: ['python3'], cwd: project, environment };
  const of = {
    runDir,
    attempt: 1,
    topLevel: true,
    umask: 0o022,
    command,
    project,
    code,
    submittedAt: 0,
  };
  // The project is no git tree any more: what changed is unknown, and that is what it says.
  expect(await completeMetadata(given.scribe, of, diffs, new Look(), Date.now())).toBeNull();
  const after = JSON.parse(await readFile(join(runDir, 'metadata.json'), 'utf8'));
  expect(after).toMatchObject({ complete: true, code_changed_since_submission: null, node: null });
  expect(after.python).toMatchObject({
    executable: '/usr/bin/python3',
    version: expect.stringMatching(/^3\.\d+\.\d+/),
  });
  expect(after.environment).toEqual(before.environment);
  expect(await readFile(join(runDir, '.expd/attempts/1/git.diff'), 'utf8')).toBe('diff --git a/x b/x\n');
});

test("nvidia-smi's list", () => {
  expect(parseGpus('NVIDIA H200, 570.86.10\nNVIDIA A100, 80GB, 570.86.10\n')).toEqual([
    { name: 'NVIDIA H200', driver: '570.86.10' },
    { name: 'NVIDIA A100, 80GB', driver: '570.86.10' },
  ]);
  expect(parseGpus('No devices were found\n')).toEqual([]);
});
