import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mlflowRun, readTold } from '../../../src/daemon/checkpoints/told.js';
import { LINE_BYTES } from '../../../src/daemon/metrics/metrics-line.js';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'expd-told-'));
  file = join(dir, 'metrics.jsonl');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const told = (text: string, key: string | null = 'val/loss') => {
  writeFileSync(file, text);
  return readTold(file, key);
};
const CHECKPOINT = '{"event":"checkpoint","step":5,"path":"a"}';
const A = { step: 5, path: 'a', metrics: {} };

test('checkpoints, and the values of a key', () => {
  expect(
    told(`{"step":1,"val/loss":2,"loss":9}
{"step":2,"loss":9}
{"event":"checkpoint","step":2,"path":"b","metrics":{"val/loss":0.5,"x":NaN,"y":"z"}}
{"event":"checkpoint","path":"c"}
{"event":"checkpoint","step":2.5,"path":"d"}
{"event":"checkpoint","step":3,"path":"e","complete":false}
{"event":"checkpoint","step":3}
{"event":"note","path":"f"}
{"step":3,"val/loss":"nan"}
{"step":4,"val/loss":-Infinity}
{"step":5,"val/loss":1e-3}
`),
  ).toEqual({
    checkpoints: [
      { step: 2, path: 'b', metrics: { 'val/loss': 0.5 } },
      { step: null, path: 'c', metrics: {} },
      { step: null, path: 'd', metrics: {} },
    ],
    values: [
      [1, 2],
      [5, 1e-3],
    ],
  });
});

test.each<[what: string, text: string, found: boolean]>([
  ['bad lines are passed over', `"checkpoint"\n["checkpoint"]\n{"checkpoint"\n${CHECKPOINT}\n`, true],
  ['a last line without its newline, whole', CHECKPOINT, true],
  ['one that is torn', CHECKPOINT.slice(0, -1), false],
  ['zeros, as a power cut leaves them', `{"step":1}\n\0\0\0${CHECKPOINT}\n`, true],
  ['a line that is too long', `{"event":"checkpoint","path":"${'a'.repeat(LINE_BYTES)}"}\n`, false],
  ['bare words within a string', `${CHECKPOINT.slice(0, -1)},"note":"x, NaN","loss":NaN}\n`, true],
])('%s', (_, text, found) => {
  expect(told(text).checkpoints).toEqual(found ? [A] : []);
});

test('a key that Python escapes', () => {
  expect(told('{"step":1,"v\\u00e4l":2}\n', 'väl').values).toEqual([[1, 2]]);
});

test('after a hole of a gigabyte it goes on', () => {
  writeFileSync(file, `${CHECKPOINT}\n`);
  truncateSync(file, 2 ** 30);
  execFileSync('sh', ['-c', `printf '\\n%s\\n' '${CHECKPOINT}' >> "$0"`, file]);
  expect(readTold(file, null).checkpoints).toEqual([A, A]);
});

test('a link, a FIFO, nothing at all: nothing is told', () => {
  expect(readTold(file, 'x')).toEqual({ checkpoints: [], values: [] });
  execFileSync('mkfifo', [file]);
  expect(mlflowRun(file)).toBe(null);
  writeFileSync(join(dir, 'elsewhere'), `${CHECKPOINT}\n`);
  rmSync(file);
  symlinkSync(join(dir, 'elsewhere'), file);
  expect(readTold(file, 'x').checkpoints).toEqual([]);
});

test('the last run of MLflow', () => {
  writeFileSync(
    file,
    ['one', 'two', '../three'].map((id) => `{"event":"tracker","mlflow_run_id":"${id}"}\n`).join(''),
  );
  expect(mlflowRun(file)).toBe('two');
});
