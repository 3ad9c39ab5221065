import { execFile } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { attemptSaysDone, saysDone } from '../../../src/daemon/tracking/done.js';

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'expd-done-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const DONE = '{"event":"done"}\n';

test.each<[content: string, done: boolean]>([
  [`{"step":1,"loss":0.1}\n${DONE}`, true],
  [`${DONE}{"step":2}\n\n`, true],
  ['{"step":1}\n{ "event" : "done" }', true],
  ['{"step":1,"note":"done"}\n', false],
  ['{"event":"checkpoint","path":"\\"done\\""}\n', false],
  ['{"event":"done"', false],
  ['[{"event":"done"}]\n', false],
  ['', false],
  [`${DONE}${'{"step":1}\n'.repeat(10_000)}`, false],
])('%#', async (content, done) => {
  const file = join(await scratch(), 'metrics.jsonl');
  await writeFile(file, content);
  expect(await saysDone(file)).toBe(done);
});

test('missing, a link, a FIFO: no', async () => {
  const directory = await scratch();
  await writeFile(join(directory, 'real'), DONE);
  await symlink('real', join(directory, 'link'));
  await promisify(execFile)('mkfifo', [join(directory, 'fifo')]);
  for (const name of ['missing', 'link', 'fifo', '.'])
    expect(await saysDone(join(directory, name))).toBe(false);
  expect(await saysDone(join(directory, 'real'))).toBe(true);
});

test('in a shared directory an attempt speaks for itself only', async () => {
  const runDir = await scratch();
  const metrics = join(runDir, 'metrics/metrics.jsonl');
  for (const place of ['metrics', '.expd/attempts/2']) await mkdir(join(runDir, place), { recursive: true });
  await writeFile(metrics, DONE);
  await writeFile(
    join(runDir, '.expd/attempts/2/metadata.json'),
    `{\n "v": 1,\n "metrics_start": ${DONE.length},\n "x": 1\n}\n`,
  );
  expect(await attemptSaysDone(runDir, 1)).toBe(true);
  expect(await attemptSaysDone(runDir, 2)).toBe(false);
  await appendFile(metrics, '{"step":1}\n');
  expect(await attemptSaysDone(runDir, 2)).toBe(false);
  await appendFile(metrics, DONE);
  expect(await attemptSaysDone(runDir, 2)).toBe(true);
});
