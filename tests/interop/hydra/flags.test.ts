import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { readFlags, writeFlags } from '../../../src/program/flags.js';
import { interopPython } from '../../helpers/interop-python.js';
import { type Random, random } from '../../helpers/random.js';

const { python, test } = interopPython('training');

/** Words and pieces of words that argparse has rules for. */
const NAMES =
  '--help -h --hydra-help --version --cfg -c --resolve --package -p --run -r --multirun -m --shell-completion -sc --config-path -cp --config-name -cn --config-dir -cd --experimental-rerun --info -i'.split(
    ' ',
  );
const VALUES = [
  'job',
  'hydra',
  'all',
  'defaults',
  'conf',
  'a=1',
  'x y',
  '-5',
  '-.5',
  '-x y',
  '',
  '+a=1',
  '~a',
  '--',
  '-',
];

test('flags are read as by the parser of Hydra', () => {
  const choice = random(20);
  const cases = Array.from({ length: 4000 }, () => wordsOf(choice));
  const theirs = answers(cases);
  cases.forEach((words, at) => {
    const ours = readFlags(words);
    // Each has its own words for a refusal.
    expect(ours.kind === 'refused' ? { kind: ours.kind } : ours, JSON.stringify(words)).toEqual(theirs[at]);
  });
});

test('flags that were written are read as they were', () => {
  const choice = random(21);
  const read = Array.from({ length: 2000 }, () => readFlags(wordsOf(choice))).filter(
    ({ kind }) => kind === 'flags',
  );
  const flags = read.flatMap((result) => (result.kind === 'flags' ? [result.flags] : []));
  expect(flags.length).toBeGreaterThan(200);
  expect(answers(flags.map(writeFlags))).toEqual(read);
});

function wordsOf({ upTo, of }: Random): string[] {
  const word = (): string => {
    const name = of(NAMES);
    switch (upTo(9)) {
      case 0:
      case 1:
        return name;
      case 2:
        return `${name}=${of(VALUES.filter((value) => value !== '--'))}`;
      case 3:
        return name.slice(0, 1 + upTo(name.length - 1));
      case 4:
        return `${name.slice(0, 1 + upTo(name.length - 1))}=${of(['job', 'conf', 'r'])}`;
      case 5:
        return `${of(['-m', '-r', '-h', '-c', '-cp', '-cn', '-s', '-p', '-i'])}${of(['m', 'r', 'job', 'p', 'x', 'rm', 'cjob', '=m', 'ci'])}`;
      default:
        return of(VALUES);
    }
  };
  // Of what `-m=r` means Pythons are of two minds.
  return Array.from({ length: upTo(5) }, word).filter((text) => !/^-(?:[mrh]|sc)=./.test(text));
}

function answers(cases: readonly string[][]): unknown[] {
  const script = `${import.meta.dirname}/flags.py`;
  const input = cases.map((words) => JSON.stringify(words)).join('\n');
  const { status, stdout, stderr } = spawnSync(python, [script], { input, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
