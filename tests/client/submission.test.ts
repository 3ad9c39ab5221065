import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { read } from '../../src/client/arguments.js';
import { cleanEnvironment } from '../../src/client/launch.js';
import { messages } from '../../src/client/submit/deliver.js';
import { dependencies } from '../../src/client/submit/dependencies.js';
import { Directives, directives, shellWords } from '../../src/client/submit/directives.js';
import { RUN_FLAGS } from '../../src/client/submit/flags.js';
import { parseLimits, undoRaised } from '../../src/client/submit/limits.js';
import { parseLine } from '../../src/client/submit/lines.js';
import { pairs } from '../../src/client/submit/pairs.js';
import { shellIn, submission } from '../../src/client/submit/submission.js';
import { stateSetting } from '../../src/client/where.js';
import { DependencyKind, ExistingExperiment, SubmitRequest } from '../../src/gen/expd/v1/runs.js';

const dir = mkdtempSync(join(tmpdir(), 'expd-submission-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('directives of a script', () => {
  const flags = (head: string) => Object.fromEntries(directives(head, 't.py'));

  test('stand in the comments at its head', () => {
    const head =
      '#!/usr/bin/env python\n# what it is\n\n#EXPD --time=2h --tag a\n#EXPD --tag "b c" --hold\nimport x\n#EXPD --tag no\n';
    expect(flags(head)).toEqual({ time: ['2h'], tag: ['a', 'b c'], hold: [''] });
    expect(flags('# EXPD --time=2h\n#EXPDX --nope\n#EXPD\n')).toEqual({});
  });

  test.each([
    ['#EXPD --tme=2h', 't.py, line 1: unknown flag --tme'],
    ['#\n#EXPD --time=2', 't.py, line 2: --time: 2 has no unit'],
    ['#EXPD --gpus=1', 't.py, line 1: --gpus comes with GPU management'],
    ['#EXPD --wait', 't.py, line 1: unknown flag --wait'],
    ['#EXPD time=2h', 't.py, line 1: "time=2h" is no flag'],
    ['#EXPD -- rm', 't.py, line 1: "--" is no flag'],
  ])('%s is an error', (head, expected) => {
    expect(() => directives(`${head}\n`, 't.py')).toThrow(expected);
  });

  test('are those of the first script of the command', () => {
    writeFileSync(join(dir, 't.py'), '#EXPD --time=2h --tag script --name script\n');
    const found = new Directives(dir).of(['python', '-u', 't.py', 'x']);
    expect(Object.fromEntries(found)).toEqual({ time: ['2h'], name: ['script'], tag: ['script'] });
  });

  test('only scripts are read: by their name, or by #!', () => {
    writeFileSync(join(dir, 'data.yaml'), '#EXPD --time=2h\n');
    writeFileSync(join(dir, 'go'), '#!/bin/sh\n#EXPD --name go\n');
    execFileSync('mkfifo', [join(dir, 'pipe.py')]);
    const found = new Directives(dir);
    expect(found.of(['python', './data.yaml']).size).toBe(0);
    expect(found.of(['./go']).get('name')).toEqual(['go']);
    expect(found.of(['./gone.py', '/', '/etc', './pipe.py']).size).toBe(0);
  });

  test('words part as in a shell', () => {
    expect(shellWords(` a  'b c' "d \\"e\\"" f\\ g --x="1 2" '' `)).toEqual([
      'a',
      'b c',
      'd "e"',
      'f g',
      '--x=1 2',
      '',
    ]);
  });
});

describe('lines of submit -', () => {
  test('have the flags of submit as keys', () => {
    const { argv, words } = parseLine(
      '{"argv":["a","b c"],"name":"n","tag":["x","y"],"retries":2,"hold":true,"split":false,"env":{"K":"V=1"},"note":null}',
      RUN_FLAGS,
    );
    expect(argv).toEqual(['a', 'b c']);
    expect(Object.fromEntries(words)).toEqual({
      name: ['n'],
      tag: ['x', 'y'],
      retries: ['2'],
      hold: [''],
      env: ['K=V=1'],
    });
  });

  test.each([
    ['nonsense', 'this is no JSON'],
    ['[1]', 'this is no JSON object'],
    ['{"name":"x"}', '"argv" is no list of words'],
    ['{"argv":"python x"}', '"argv" is no list of words'],
    ['{"argv":["a"],"overrides":[]}', '"argv" and "overrides" exclude each other'],
    ['{"overrides":"a=1"}', '"overrides" is no list of words'],
    ['{"argv":[]}', '"argv" is no list of words'],
    ['{"argv":["a"],"nmae":"x"}', 'there is no key "nmae"'],
    ['{"argv":["a"],"gpus":1}', 'gpus comes with GPU management'],
    ['{"argv":["a"],"hold":"yes"}', '"hold" is neither true nor false'],
    ['{"argv":["a"],"name":{}}', '"name" is neither text nor a number'],
    ['{"argv":["a"],"wait":true}', 'there is no key "wait"'],
    ['{"argv":["a"],"__proto__":1}', 'there is no key "__proto__"'],
  ])('%s is refused', (line, expected) => {
    expect(() => parseLine(line, RUN_FLAGS)).toThrow(expected);
  });
});

describe('a submission', () => {
  const limits = { umask: 0o27, nice: 3, rlimits: [] };
  const of = (flags: Record<string, string[]>) =>
    submission(['a'], read(RUN_FLAGS, new Map(Object.entries(flags)), 0), shellIn(dir, limits));

  test('says what was not said with what the daemon takes for absent', () => {
    expect(of({})).toMatchObject({
      argv: ['a'],
      cwd: dir,
      name: '',
      group: '',
      key: '',
      umask: 0o27,
      nice: 3,
    });
    expect(of({}).seed).toBe(undefined);
    expect(of({ seed: ['0'] }).seed).toBe(0);
    expect(of({ grace: ['0s'] }).graceMs).toBe(0);
  });

  test('runs where -C says, which must be there', () => {
    expect(of({ cwd: ['/'] }).cwd).toBe('/');
    expect(() => of({ cwd: ['gone'] })).toThrow(`there is no directory ${dir}/gone`);
    symlinkSync('loop', join(dir, 'loop'));
    expect(() => of({ cwd: ['loop'] })).toThrow(`${dir}/loop cannot be looked at (ELOOP)`);
  });

  test('dependencies', () => {
    const ok = (run: string) => ({ run, kind: DependencyKind.DEPENDENCY_KIND_AFTER_OK });
    expect(dependencies(['7', 'afterok:8,9', 'afterok:1:2', '@~1'])).toEqual(
      ['7', '8', '9', '1', '2', '@~1'].map(ok),
    );
    expect(dependencies(['afterany:3'])).toEqual([
      { run: '3', kind: DependencyKind.DEPENDENCY_KIND_AFTER_ANY },
    ]);
    expect(() => dependencies(['after:3'])).toThrow('names no run');
    expect(() => dependencies(['afterok:'])).toThrow('names no run');
  });

  test('an experiment id, and what becomes of one that has curves', () => {
    const { EXISTING_EXPERIMENT_CONTINUE, EXISTING_EXPERIMENT_REPLACE } = ExistingExperiment;
    const chosen = { 'experiment-id': ['e'] };
    expect(of(chosen)).toMatchObject({ experimentId: 'e', existingExperiment: 0 });
    expect(of({ ...chosen, continue: [''] }).existingExperiment).toBe(EXISTING_EXPERIMENT_CONTINUE);
    expect(of({ ...chosen, replace: [''] }).existingExperiment).toBe(EXISTING_EXPERIMENT_REPLACE);
    expect(() => of({ ...chosen, replace: [''], continue: [''] })).toThrow('exclude each other');
    expect(() => of({ replace: [''] })).toThrow('--replace says what becomes of an experiment id');
  });

  test('variables', () => {
    expect(pairs(['A=1', 'B=', 'A=x=y'])).toEqual({ A: 'x=y', B: '' });
    expect(() => pairs(['A'])).toThrow('has no value');
    expect(() => pairs(['=x'])).toThrow('has no value');
  });
});

describe('the messages of a call', () => {
  const shell = { environment: {}, rlimits: [], code: [] };
  const run = (flags: Record<string, string[]> = {}) =>
    submission(
      ['a'],
      read(RUN_FLAGS, new Map(Object.entries(flags)), 0),
      shellIn(dir, { umask: 0o27, nice: 3, rlimits: [] }),
    );

  test('are small enough, and what is named comes before who names it', () => {
    const blobs = Array.from({ length: 9 }, (_, n) => Buffer.alloc(n === 4 ? 5 << 20 : 500_000, n));
    const submissions = Array.from({ length: 30 }, (_, n) => run({ note: [`${n}`.padEnd(50_000)] }));
    const sent = messages(shell, { submissions, sweep: undefined, blobs });
    const kinds = sent.map(({ part }) => part?.$case);
    expect(new Set(kinds)).toEqual(new Set(['header', 'contents', 'batch']));
    expect(kinds.lastIndexOf('contents')).toBeLessThan(kinds.indexOf('batch'));
    for (const message of sent) expect(SubmitRequest.encode(message).finish().length).toBeLessThan(6 << 20);
    const all = sent.flatMap(({ part }) => (part?.$case === 'contents' ? part.value.blobs : []));
    expect(all.map(({ 0: first, length }) => [first, length])).toEqual(
      blobs.map(({ 0: first, length }) => [first, length]),
    );
    expect(sent.flatMap(({ part }) => (part?.$case === 'batch' ? part.value.submissions : []))).toEqual(
      submissions,
    );
  });

  test('what no message can hold is said', () => {
    const call = { submissions: [run()], sweep: undefined, blobs: [Buffer.alloc(8 << 20)] };
    expect(() => messages(shell, call)).toThrow('the files of the configuration have more than 7 MiB');
  });
});

test('limits as the shell has them, not as Node raised them', () => {
  const text = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max cpu time              unlimited            unlimited            seconds   ',
    'Max open files            524288               524288               files     ',
    'Max nice priority         0                    0                    ',
  ].join('\n');
  const own = parseLimits(text);
  expect(own).toEqual([
    { name: 'CPU', soft: -1, hard: -1 },
    { name: 'NOFILE', soft: 524_288, hard: 524_288 },
    { name: 'NICE', soft: 0, hard: 0 },
  ]);
  const shell = parseLimits(text.replace('524288  ', '1024    '));
  expect(undoRaised(own, shell)[1]).toEqual({ name: 'NOFILE', soft: 1024, hard: 524_288 });
  expect(undoRaised(own, [{ name: 'NOFILE', soft: 10, hard: 20 }])[1]!.soft).toBe(524_288);
});

test('the state setting is found without a YAML parser', () => {
  const found = ['state: /a/b', 'x: 1\nstate:   "/a b" # why\n', "state: '/q'", 'state: /a#b # c'].map(
    stateSetting,
  );
  expect(found).toEqual(['/a/b', '/a b', '/q', '/a#b']);
  expect(
    ['', 'state: null', 'state: ~', '# state: /x', 'notify:\n  state: /x', 'state:'].map(stateSetting),
  ).toEqual(Array(6).fill(null));
});

test('nothing of a run, a terminal or a secret reaches the daemon that is started', () => {
  expect(
    cleanEnvironment({
      PATH: '/bin',
      HOME: '/h',
      EXPD_HOME: '/e',
      EXPD_SLOTS: '2',
      EXPD_GRACE: '5s',
      EXPD_ATTEMPT_ID: 'x',
      EXPD_RUN_ID: '7',
      EXPD_NO_START: '1',
      HF_TOKEN: 'hf_x',
      DISPLAY: ':0',
      LC_ALL: 'C',
    }),
  ).toEqual({ PATH: '/bin', HOME: '/h', EXPD_HOME: '/e', EXPD_SLOTS: '2', EXPD_GRACE: '5s', LC_ALL: 'C' });
});
