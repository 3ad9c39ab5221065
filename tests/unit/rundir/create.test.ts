import { chmod, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Configuration } from '../../../src/daemon/run/submission.js';
import { discardAttempt, prepareAttempt } from '../../../src/daemon/rundir/prepare.js';
import { recordEnd, recordStart } from '../../../src/daemon/rundir/record.js';
import { order, ports, scratch, tree } from './fixture.js';

const NOW = new Date(2026, 0, 31, 9, 5, 7).getTime();

async function setUp() {
  const root = await scratch();
  const project = join(root, 'projekt größe');
  await mkdir(project);
  const given = await ports(join(root, 'state'), () => NOW);
  const envSha = await given.environments.store({
    PATH: '/usr/bin',
    HF_TOKEN: 'hf_abcdefghijklmnopqrstuvwx',
  });
  return { root, project, given, envSha };
}

test('hybrid: one directory per attempt', async () => {
  const { project, given, envSha } = await setUp();
  const first = order(project, envSha);
  const prepared = await prepareAttempt(first, null, given);
  expect(prepared).toEqual({
    runDir: join(project, 'outputs/hydra/2026-01-31/09-05-07'),
    log: join(project, 'outputs/hydra/2026-01-31/09-05-07/logs/attempt-1.log'),
    errorLog: null,
  });
  expect(await tree(prepared.runDir)).toEqual([
    '.expd/',
    '.expd/attempts/',
    '.expd/attempts/1/',
    '.expd/attempts/1/config.yaml',
    '.expd/attempts/1/metadata.json',
    'checkpoints/',
    'config.yaml',
    'logs/',
    'metadata.json',
    'metrics/',
    'train.log -> logs/attempt-1.log',
  ]);
  const second = await prepareAttempt(
    order(project, envSha, { attempt: 2, previousRunDir: prepared.runDir }),
    null,
    given,
  );
  expect(second.runDir).toBe(`${prepared.runDir}_2`);
  expect(second.log).toBe(join(second.runDir, 'logs/attempt-2.log'));
  expect(await readlink(join(second.runDir, 'train.log'))).toBe('logs/attempt-2.log');
  expect(await tree(join(project, 'outputs'))).not.toContain('tensorboard/');
});

test('flat: one directory for all attempts, which shows the newest', async () => {
  const { project, given, envSha } = await setUp();
  const flat = { layout: 'flat', split: true };
  const first = await prepareAttempt(order(project, envSha, { submission: flat }), null, given);
  await writeFile(join(first.runDir, 'metrics/metrics.jsonl'), '{"step":1}\n');
  const next = order(project, envSha, { attempt: 2, previousRunDir: first.runDir, submission: flat });
  const second = await prepareAttempt(next, null, given);
  expect(second.runDir).toBe(first.runDir);
  expect(await tree(first.runDir)).toEqual([
    '.expd/',
    '.expd/attempts/',
    '.expd/attempts/1/',
    '.expd/attempts/1/config.yaml',
    '.expd/attempts/1/metadata.json',
    '.expd/attempts/2/',
    '.expd/attempts/2/config.yaml',
    '.expd/attempts/2/metadata.json',
    'checkpoints/',
    'config.yaml',
    'logs/',
    'metadata.json',
    'metrics/',
    'metrics/metrics.jsonl',
    'train.log -> logs/attempt-2.out.log',
  ]);
  expect(second).toMatchObject({
    log: join(first.runDir, 'logs/attempt-2.out.log'),
    errorLog: join(first.runDir, 'logs/attempt-2.err.log'),
  });
  expect(JSON.parse(await readFile(join(first.runDir, 'metadata.json'), 'utf8'))).toMatchObject({
    attempt: 2,
    metrics_start: 11,
  });
});

test('what a script put at the top level stays, also over later attempts and the end', async () => {
  const { project, given, envSha } = await setUp();
  const flat = { layout: 'flat' };
  const { runDir, log, errorLog } = await prepareAttempt(
    order(project, envSha, { submission: flat }),
    null,
    given,
  );
  await writeFile(join(runDir, 'config.yaml'), 'lr: 0.1\n');
  await rm(join(runDir, 'metadata.json'));
  await symlink('/etc/hostname', join(runDir, 'metadata.json'));
  await writeFile(join(runDir, 'status.json'), '{}');
  const recorded = {
    ...{ runId: 7, ulid: '01J', name: 'train', experimentId: 'e', project, startedAt: NOW },
    ...{ runDir, attempt: 1, topLevel: true, umask: 0o022, log, errorLog },
  };
  await recordStart(given.scribe, recorded);
  const next = order(project, envSha, { attempt: 2, previousRunDir: runDir, submission: flat });
  await prepareAttempt(next, null, given);
  const outcome = { verdict: 'success', cause: 'exit', code: 0, signal: null, detail: null } as const;
  await recordEnd(given.scribe, { ...recorded, attempt: 2 }, outcome, NOW + 1);
  expect(await readFile(join(runDir, 'config.yaml'), 'utf8')).toBe('lr: 0.1\n');
  expect(await readlink(join(runDir, 'metadata.json'))).toBe('/etc/hostname');
  expect(await readFile(join(runDir, 'status.json'), 'utf8')).toBe('{}');
  expect(await readFile(join(runDir, '.expd/attempts/2/status.json'), 'utf8')).toContain('"success"');
});

test('status.json: running, then the end; again the same after a crash in the middle', async () => {
  const { project, given, envSha } = await setUp();
  const prepared = await prepareAttempt(order(project, envSha), null, given);
  const of = {
    ...{ runId: 7, ulid: '01J', name: 'train', experimentId: 'e', project, startedAt: NOW },
    ...{ ...prepared, attempt: 1, topLevel: true, umask: 0o022 },
  };
  const top = join(prepared.runDir, 'status.json');
  await recordStart(given.scribe, of);
  expect(JSON.parse(await readFile(top, 'utf8'))).toMatchObject({ status: 'running', exit_reason: null });
  await writeFile(
    prepared.log,
    'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no\n',
  );
  const outcome = { verdict: 'failure', cause: 'exit', code: 1, signal: null, detail: null } as const;
  await recordEnd(given.scribe, of, outcome, NOW + 1500);
  const said = await readFile(top, 'utf8');
  expect(JSON.parse(said)).toMatchObject({
    status: 'failed',
    exit_reason: 'exception',
    exit_code: 1,
    duration_s: 1.5,
  });
  // The daemon died after the copy and before the record: the copy is the newer one.
  await writeFile(join(prepared.runDir, '.expd/attempts/1/status.json'), 'old');
  await recordEnd(given.scribe, of, outcome, NOW + 1500);
  expect(await readFile(top, 'utf8')).toBe(said);
  expect(await readFile(join(prepared.runDir, '.expd/attempts/1/status.json'), 'utf8')).toBe(said);
});

test('--no-top-level leaves the copies out', async () => {
  const { project, given, envSha } = await setUp();
  for (const layout of ['hybrid', 'flat']) {
    const { runDir } = await prepareAttempt(
      order(project, envSha, { submission: { topLevel: false, layout } }),
      null,
      given,
    );
    expect((await tree(runDir)).filter((path) => /^[^/]+\.(yaml|json)$/.test(path))).toEqual([]);
  }
});

test("modes are those of the submitter's umask, those of the attempt directory private", async () => {
  const { root, project, given, envSha } = await setUp();
  for (const [umask, directory, file] of [
    [0o022, 0o755, 0o644],
    [0o002, 0o775, 0o664],
    [0o777, 0o700, 0o600],
  ] as const) {
    const one = order(project, envSha, { submission: { umask } });
    const { runDir } = await prepareAttempt(one, null, given);
    const mode = async (path: string): Promise<number> => (await lstat(path)).mode & 0o7777;
    const paths = ['.', 'logs', 'metrics', 'checkpoints', '.expd', '.expd/attempts/1'].map((p) =>
      join(runDir, p),
    );
    expect(new Set(await Promise.all(paths.map(mode)))).toEqual(new Set([directory]));
    expect(await mode(join(runDir, 'config.yaml'))).toBe(file);
    expect(await mode(join(runDir, '.expd/attempts/1/metadata.json'))).toBe(file);
    expect(await mode(join(root, 'state/attempts', one.attemptId))).toBe(0o700);
    expect(await mode(join(root, 'state/attempts', one.attemptId, 'spec'))).toBe(0o600);
  }
});

test('an attempt that was discarded leaves nothing, and nothing else is taken away', async () => {
  const { root, project, given, envSha } = await setUp();
  const flat = { layout: 'flat' };
  const first = await prepareAttempt(order(project, envSha, { submission: flat }), null, given);
  await writeFile(join(first.runDir, 'checkpoints/precious'), 'x');
  const before = await tree(first.runDir);
  const lost = order(project, envSha, { attempt: 2, previousRunDir: first.runDir, submission: flat });
  const prepared = await prepareAttempt(lost, null, given);
  await discardAttempt(lost.attemptId, prepared, join(root, 'state'));
  const gone = ['config.yaml', 'metadata.json', 'train.log -> logs/attempt-1.log'];
  // logs/ was empty as nothing ran; the next attempt makes what is gone again.
  expect(await tree(first.runDir)).toEqual(
    before.filter((path) => !gone.includes(path) && !/^(logs|metrics)/.test(path)),
  );
  const third = order(project, envSha, { attempt: 3, previousRunDir: first.runDir, submission: flat });
  await prepareAttempt(third, null, given);
  expect(await readFile(join(first.runDir, 'config.yaml'), 'utf8')).toContain('Attempt 3');

  const alone = order(project, envSha);
  const hybrid = await prepareAttempt(alone, null, given);
  await discardAttempt(alone.attemptId, hybrid, join(root, 'state'));
  await expect(lstat(hybrid.runDir)).rejects.toThrow('ENOENT');
  await expect(lstat(join(root, 'state/attempts', alone.attemptId))).rejects.toThrow('ENOENT');
});

test('what was written as Hydra writes it goes with a discarded attempt, unless an earlier one has it', async () => {
  const { root, project, given, envSha } = await setUp();
  const files = { config: 'a: 1\n', hydra: 'b: 2\n', overrides: '[]\n', resolved: '{}' };
  const configured = {
    ...given.configured,
    jobFiles: async () => ({ ...files, outputSubdir: 'sub/.hydra' }),
  };
  const configuration: Configuration = {
    ...{ kind: 'composed', overrides: [], hydraOverrides: [], programWords: 0 },
    composed: {
      ...{ configName: 'config', versionBase: '1.3', jobName: 'run', job: '{}', runDir: null },
      ...{ hydraSha: '', treeSha: '', pinned: false, holdOnDrift: false },
    },
  };
  const prepare = async (changes: Parameters<typeof order>[2]) => {
    const asked = order(project, envSha, {
      ...changes,
      submission: { ...changes?.submission, configuration },
    });
    const prepared = await prepareAttempt(asked, null, { ...given, configured });
    expect(await readFile(join(prepared.runDir, 'sub/.hydra/config.yaml'), 'utf8')).toBe('a: 1\n');
    return { prepared, discard: () => discardAttempt(asked.attemptId, prepared, join(root, 'state')) };
  };
  const alone = await prepare({});
  await alone.discard();
  await expect(lstat(alone.prepared.runDir)).rejects.toThrow('ENOENT');
  const mine = await prepare({});
  await writeFile(join(mine.prepared.runDir, 'sub/mine'), 'x');
  await mine.discard();
  expect(await tree(mine.prepared.runDir)).toEqual(['sub/', 'sub/mine']);
  const flat = { submission: { layout: 'flat' } };
  const { prepared: first } = await prepare(flat);
  const second = await prepare({ ...flat, attempt: 2, previousRunDir: first.runDir });
  await second.discard();
  expect(await tree(join(first.runDir, 'sub/.hydra'))).toEqual([
    'config.yaml',
    'hydra.yaml',
    'overrides.yaml',
  ]);
});

test('an unwritable project: an error, and nothing is left in the state', async () => {
  const { root, project, given, envSha } = await setUp();
  await writeFile(join(project, 'outputs'), 'a file');
  await expect(prepareAttempt(order(project, envSha), null, given)).rejects.toThrow(/ENOTDIR|EEXIST/);
  await expect(prepareAttempt(order(root, '0'.repeat(64)), null, given)).rejects.toThrow(
    'stored environment',
  );
  expect(await tree(join(root, 'state'))).toEqual(['env/', `env/${envSha}`]);
});

test('a shared directory that became a link or was taken away is not used again', async () => {
  const { root, project, given, envSha } = await setUp();
  const elsewhere = join(root, 'elsewhere');
  await mkdir(elsewhere);
  await symlink(elsewhere, join(root, 'link'));
  for (const previousRunDir of [join(root, 'link'), join(root, 'gone')]) {
    const next = order(project, envSha, { attempt: 2, previousRunDir, submission: { layout: 'flat' } });
    expect((await prepareAttempt(next, null, given)).runDir).toContain('/outputs/runs/');
  }
  expect(await tree(elsewhere)).toEqual([]);
});

test('config.yaml tells command and submission; no secret of argv or environment is in any file', async () => {
  const { project, given, envSha } = await setUp();
  const argv = [
    'python',
    'train.py',
    '--api-key',
    'plainsecret',
    'db.password=hunter2!',
    'line\nbreak "q" 😀\x7f',
  ];
  const { runDir } = await prepareAttempt(order(project, envSha, { submission: { argv } }), null, given);
  const config: unknown = parse(await readFile(join(runDir, 'config.yaml'), 'utf8'));
  const shown = [
    'python',
    'train.py',
    '--api-key',
    '<redacted>',
    'db.password=<redacted>',
    'line\nbreak "q" 😀\x7f',
  ];
  expect(config).toMatchObject({
    command: shown,
    run: { id: 7, name: 'train', attempt: 1, tags: ['baseline'] },
    submission: { argv: shown, cwd: project, seed: 42, layout: 'hybrid', umask: '022' },
  });
  for (const file of ['config.yaml', 'metadata.json']) {
    const text = await readFile(join(runDir, file), 'utf8');
    expect(text).not.toMatch(/plainsecret|hunter2|hf_abc/);
  }
  const metadata = JSON.parse(await readFile(join(runDir, 'metadata.json'), 'utf8'));
  expect(metadata.environment).toMatchObject({ PATH: '/usr/bin', HF_TOKEN: null, EXPD_RUN_ID: '7' });
  await chmod(runDir, 0o700);
});
