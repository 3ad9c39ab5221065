import { appendFile, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type RecordedAttempt, recordEnd, recordStart } from '../../../src/daemon/rundir/record.js';
import { type IndexEntry, indexLine, indexSteps } from '../../../src/daemon/rundir/runs-index.js';
import { openScribe, scratch } from './fixture.js';

const entry: IndexEntry = {
  ulid: '01J00000000000000000000007',
  runId: 7,
  name: 'train',
  experimentId: 'train-7',
  attempt: 1,
  runDir: '/p/outputs/hydra/x',
  status: 'failed',
  exitReason: 'signal',
  exitCode: null,
  startedAt: 0,
  endedAt: 1000,
};

test('a line each, also after one that a power cut tore', async () => {
  const [project, scribe] = [await scratch(), openScribe()];
  const path = join(project, 'outputs/runs_index.jsonl');
  await Promise.all(
    [1, 2, 3].map((attempt) => scribe.carryOut(indexSteps(project, 0o022, { ...entry, attempt }))),
  );
  await appendFile(path, '{"torn":');
  await scribe.carryOut(indexSteps(project, 0o022, { ...entry, attempt: 4 }));
  const lines = (await readFile(path, 'utf8')).split('\n');
  expect(lines[3]).toBe('{"torn":');
  const whole = lines.filter((line) => line !== '' && line !== '{"torn":').map((line) => JSON.parse(line));
  expect(whole.map(({ attempt }) => attempt).sort()).toEqual([1, 2, 3, 4]);
  expect(whole[0]).toMatchObject({
    v: 1,
    ulid: entry.ulid,
    host: expect.any(String),
    exit_reason: 'signal',
    ended_at: '1970-01-01T00:00:01.000Z',
  });
});

test('of a run the newest line is the last, also where an end is slow and the next attempt starts elsewhere', async () => {
  const [project, scribe] = [await scratch(), openScribe()];
  const failed = { verdict: 'failure', cause: 'exit', code: 3, signal: null, detail: null } as const;
  const attempt = async (number: number): Promise<RecordedAttempt> => {
    const runDir = join(project, `${number}`);
    await mkdir(join(runDir, '.expd/attempts', `${number}`), { recursive: true });
    const { ulid, runId, name, experimentId } = entry;
    const log = join(runDir, 'log');
    return {
      ...{ ulid, runId, name, experimentId, project, runDir, log, attempt: number },
      ...{ errorLog: null, startedAt: 0, topLevel: true, umask: 0o022 },
    };
  };
  const [first, second] = [await attempt(1), await attempt(2)];
  await writeFile(first.log, 'x\n'.repeat(100_000));
  await recordStart(scribe, first);
  await Promise.all([recordEnd(scribe, first, failed, 1), recordStart(scribe, second)]);
  const lines = (await readFile(join(project, 'outputs/runs_index.jsonl'), 'utf8')).trimEnd().split('\n');
  const told = lines.map((line) => JSON.parse(line)).map(({ attempt, status }) => `${attempt} ${status}`);
  expect(told).toEqual(['1 running', '1 failed', '2 running']);
});

test('a link in its place is not followed; outputs itself may be one', async () => {
  const [project, elsewhere, scribe] = [await scratch(), await scratch(), openScribe()];
  const append = () => scribe.carryOut(indexSteps(project, 0o022, entry));
  await symlink(elsewhere, join(project, 'outputs'));
  await append();
  const path = join(elsewhere, 'runs_index.jsonl');
  const before = await readFile(path, 'utf8');
  await rename(path, join(elsewhere, 'victim'));
  await symlink('victim', path);
  await expect(append()).rejects.toThrow('ELOOP');
  expect(await readFile(join(elsewhere, 'victim'), 'utf8')).toBe(before);
});

test('it is made for those whom the umask of who submitted lets in, whatever the umask of the daemon', async () => {
  const project = await scratch();
  const path = join(project, 'outputs/runs_index.jsonl');
  const own = process.umask(0o077);
  onTestFinished(() => void process.umask(own));
  const scribe = openScribe();
  await Promise.all(
    [1, 2, 3].map((attempt) => scribe.carryOut(indexSteps(project, 0o002, { ...entry, attempt }))),
  );
  const modes = await Promise.all(
    [path, join(path, '..')].map(async (one) => (await stat(one)).mode & 0o777),
  );
  expect(modes).toEqual([0o664, 0o775]);
  expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
});

test('a line never exceeds one page', () => {
  expect(JSON.parse(indexLine('/p', entry))).toMatchObject({ run_dir: 'outputs/hydra/x' });
  const long = indexLine('/p', { ...entry, runDir: `/p/${'ä'.repeat(4000)}` });
  expect(Buffer.byteLength(`${long}\n`)).toBeLessThan(4096);
  expect(JSON.parse(long)).toMatchObject({ ulid: entry.ulid, name: 'train' });
});
