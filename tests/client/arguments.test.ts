import { describe, expect, test } from 'vitest';
import { nearest, read, refuseUnknown, split } from '../../src/client/arguments.js';
import { ClientError } from '../../src/client/errors.js';
import { laterFlag, laterVerb } from '../../src/client/later.js';
import { RUN_FLAGS } from '../../src/client/submit/flags.js';
import { VERBS } from '../../src/client/verbs.js';

const at = new Date(2026, 0, 2, 12, 0).getTime();
const parse = (line: string) => {
  const given = split(
    line.split(' ').filter((word) => word !== ''),
    RUN_FLAGS,
  );
  refuseUnknown('submit', given.unknown, RUN_FLAGS);
  return { ...given, values: read(RUN_FLAGS, given.flags, at) };
};
const message = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof ClientError) return `${error.message}; ${error.hint}`;
    throw error;
  }
  return 'nothing thrown';
};

describe('flags', () => {
  test('each kind means what it says, and what was not given is absent', () => {
    const { values, command, operands } = parse(
      '--name a --tag x --tag=y --hold --time 90m --priority -5 -C /tmp --requeue-exit 99 -- python t.py --lr 1 -- x',
    );
    expect(values).toMatchObject({
      name: 'a',
      tag: ['x', 'y'],
      hold: true,
      split: false,
      time: 5_400_000,
      priority: -5,
      cwd: '/tmp',
      'requeue-exit': [99],
      seed: undefined,
      env: [],
    });
    expect(command).toEqual(['python', 't.py', '--lr', '1', '--', 'x']);
    expect(operands).toEqual([]);
  });

  test('the last of several counts where only one can', () => {
    expect(parse('--name a --name b').values.name).toBe('b');
  });

  test.each([
    ['--tme 2h', 'unknown flag --tme; did you mean --time?'],
    ['--frobnicate', 'unknown flag --frobnicate; expctl help submit lists the flags'],
    ['--name', '--name needs a value; write --name NAME'],
    ['--name --hold', '--name needs a value; write --name NAME'],
    ['--hold=yes', '--hold takes no value; write just --hold'],
    ['--time 90', '--time: 90 has no unit; write 90m for minutes, 90h for hours or 2:00:00'],
    ['--priority 101', '--priority: "101" is not a whole number from -100 to 100; '],
    ['--priority 1e1', '--priority: "1e1" is not a whole number from -100 to 100; '],
    ['--retries -1', '--retries: "-1" is not a whole number from 0 to 1000; '],
    ['--requeue-exit 0', '--requeue-exit: "0" is not a whole number from 1 to 255; '],
    ['--warn-signal USR1', '--warn-signal: "USR1" is no signal with a time; write USR1@60s'],
  ])('%s is refused', (line, expected) => {
    expect(message(() => parse(line))).toBe(expected);
  });
});

describe('what is not there yet is refused by name', () => {
  test.each([
    ['--gpus 2', '--gpus comes with GPU management'],
    ['--gpus=2', '--gpus comes with GPU management'],
    ['--mem 8G', '--mem comes with limits on processors and memory'],
    ['--host gpu1', '--host comes with remote hosts'],
  ])('%s', (line, expected) => {
    const said = message(() => parse(line));
    expect(said).toContain(expected);
    expect(said).toContain('which this version does not have');
  });

  test('no flag or verb is both there and refused', () => {
    for (const { name, flags } of VERBS) {
      expect(laterVerb(name.split(' '))).toBe(null);
      // `resume --from` is there; `submit --from` is not.
      const known = Object.keys(flags).filter((flag) => !(name === 'resume' && flag === 'from'));
      expect(known.filter((flag) => laterFlag(`--${flag}`) !== null)).toEqual([]);
    }
  });

  test('verbs', () => {
    expect(laterVerb(['compare', '7', '8'])?.message).toBe(
      'compare comes with comparison of runs, which this version does not have',
    );
    expect(laterVerb(['pki', 'init'])?.message).toContain('pki comes with remote hosts');
    expect(laterVerb(['frob'])).toBe(null);
    expect(laterVerb(['constructor'])).toBe(null);
    expect(laterFlag('--constructor')).toBe(null);
  });
});

test('a slip is understood, a stranger is not', () => {
  expect(nearest('lgos', ['logs', 'ls'])).toBe('logs');
  expect(nearest('sbmit', ['submit'])).toBe('submit');
  expect(nearest('xyz', ['ls', 'rm'])).toBe(null);
  expect(nearest('l', ['ls', 'rm'])).toBe('ls');
});

test('every verb has an example, a one-line summary and flags that say what they are', () => {
  for (const { name, summary, examples, flags } of VERBS) {
    expect(examples.length, name).toBeGreaterThan(0);
    expect(summary, name).not.toMatch(/\n|\.$/);
    for (const flag of Object.values(flags)) expect(flag.about).not.toBe('');
  }
});

test('no two verbs share a name or alias, no two flags of a verb a letter', () => {
  const names = VERBS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { flags } of VERBS) {
    const letters = Object.values(flags).flatMap(({ short }) => short ?? []);
    expect(new Set(letters).size).toBe(letters.length);
    expect(letters).not.toContain('h');
  }
});
