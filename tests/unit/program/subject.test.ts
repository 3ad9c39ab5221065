import { expect, test } from 'vitest';
import { subjectOf } from '../../../src/program/subject.js';

const COMMANDS: [command: string, subject: string][] = [
  ['python -u src/train.py lr=1', 'src/train.py'],
  ['python -m package.sub.train', 'train'],
  ['./sweep.sh', './sweep.sh'],
  ['torchrun', 'torchrun'],
  ['torchrun --no-python ./bench', './bench'],
  ['uv run pytest -x', 'pytest'],
  ['uv run', 'uv'],
  ['uv run - lr=1', 'uv'],
  ['deepspeed --include localhost:0,1 --module package.train', 'train'],
  ['nice', 'nice'],
  ['bash -O extglob run.sh lr=1', 'run.sh'],
  ['poetry run train --lr 1', 'train'],
  ['ls', 'ls'],
];

test.each(COMMANDS)('%s runs %s', (command, subject) => {
  expect(subjectOf(command.split(' '))).toBe(subject);
});

test('nothing runs nothing', () => {
  expect(subjectOf([])).toBe('');
});
