import { describe, expect, test } from 'vitest';
import { contract, shellWords } from '../../../src/daemon/rundir/contract.js';
import { encodeSpec } from '../../../src/daemon/rundir/spec.js';
import { order } from './fixture.js';

const resume = {
  path: '/p/outputs/hydra/d/t/checkpoints/step-00000120',
  step: 120,
  logsFrom: 121,
  argument: null,
  inPlace: null,
};

test('a fresh start: the whole environment, nothing of the daemon, nothing of an outer run', () => {
  const submitted = {
    HOME: '/home/ada',
    PWD: '/elsewhere',
    EXPD_RESUME_FROM: '/stale',
    EXPD_ANYTHING: 'x',
    PYTHONUNBUFFERED: '0',
    WANDB_NAME: 'mine',
  };
  const one = order('/p', 'sha', { attemptId: 'a1', submission: { cwd: '/p/src', graceMs: 1500 } });
  expect(contract(one, '/p/run', submitted)).toEqual({
    argv: ['python', 'train.py', '--lr', '0.1'],
    environment: {
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      PYTHONUNBUFFERED: '0',
      HOME: '/home/ada',
      WANDB_NAME: 'mine',
      WANDB_RUN_ID: '01j00000000000000000000007',
      WANDB_RESUME: 'allow',
      WANDB_TAGS: 'baseline',
      PWD: '/p/src',
      EXPD_RUN_ID: '7',
      EXPD_RUN_ULID: '01J00000000000000000000007',
      EXPD_RUN_NAME: 'train',
      EXPD_EXPERIMENT_ID: 'train-7',
      EXPD_ATTEMPT: '1',
      EXPD_ATTEMPT_ID: 'a1',
      EXPD_RUN_DIR: '/p/run',
      EXPD_CHECKPOINT_DIR: '/p/run/checkpoints',
      EXPD_TB_DIR: '/p/outputs/tensorboard/train-7',
      EXPD_METRICS: '/p/run/metrics/metrics.jsonl',
      EXPD_SEED: '42',
      EXPD_GRACE_S: '1.5',
    },
  });
});

test('resumed: the point in the environment, the resume argument after the command', () => {
  const one = order('/p', 'sha', {
    attempt: 2,
    resume: { ...resume, argument: '--resume={ckpt} --at "{step} of all"' },
  });
  const { argv, environment } = contract(one, '/p/run', {});
  expect(argv.slice(4)).toEqual([`--resume=${resume.path}`, '--at', '120 of all']);
  expect(environment).toMatchObject({
    EXPD_RESUME_FROM: resume.path,
    EXPD_RESUME_STEP: '120',
    EXPD_ATTEMPT: '2',
  });
  const fresh = contract({ ...one, resume: null }, '/p/run', {});
  expect(fresh.argv).toEqual(['python', 'train.py', '--lr', '0.1']);
});

test('templates are filled only where that was asked for', () => {
  const argv = [
    'train',
    '{run_dir}/x',
    '{checkpoint_dir}:{tb_dir}',
    '{ckpt}',
    '{step}{seed}{attempt}',
    '{unknown} {}',
  ];
  const plain = order('/p', 'sha', { resume, submission: { argv } });
  expect(contract(plain, '/r', {}).argv).toEqual(argv);
  const filled = order('/p', 'sha', { resume, submission: { argv, template: true } });
  expect(contract(filled, '/r', {}).argv).toEqual([
    'train',
    '/r/x',
    '/r/checkpoints:/p/outputs/tensorboard/train-7',
    resume.path,
    '120421',
    '{unknown} {}',
  ]);
  expect(contract({ ...filled, resume: null }, '/r', {}).argv[3]).toBe('');
});

test('devices that the submitter chose pass as they are, with their order', () => {
  const env = { CUDA_VISIBLE_DEVICES: '1' };
  expect(contract(order('/p', 's'), '/r', env).environment).toMatchObject(env);
  expect(contract(order('/p', 's'), '/r', env).environment).not.toHaveProperty('CUDA_DEVICE_ORDER');
});

describe('shell words', () => {
  test.each<[text: string, words: string[]]>([
    ['trainer.resume={ckpt}', ['trainer.resume={ckpt}']],
    ['  a  b\tc ', ['a', 'b', 'c']],
    [`'a b'"c \\"d\\" \\n"e\\ f`, ['a bc "d" \\ne f']],
    [`--x='' ""`, ['--x=', '']],
    [`it's`, [`it's`]],
    ['', []],
  ])('%j', (text, words) => {
    expect(shellWords(text)).toEqual(words);
  });
});

test('the spec, byte for byte', () => {
  const one = order('/p', 'sha', {
    attemptId: 'a1',
    submission: {
      timeLimitMs: 5000,
      warn: { signal: 'USR1', leadMs: 2000 },
      umask: 0o027,
      nice: 5,
      rlimits: [{ name: 'NOFILE', soft: 1024, hard: -1 }],
    },
  });
  const directory = { runDir: '/p/run', log: '/p/run/o.log', errorLog: '/p/run/e.log' };
  const spec = encodeSpec(one, directory, { argv: ['a', '', 'b=c\n'], environment: { K: 'v=w' } }, '/cg');
  expect(spec.toString().split('\0')).toEqual([
    ...['v=1', 'attempt=a1', 'cwd=/p', 'umask=27', 'nice=5', 'rlimit=NOFILE:1024:inf', 'log=/p/run/o.log'],
    ...[
      'grace_ms=60000',
      'limit_ms=5000',
      'errlog=/p/run/e.log',
      'warn_signal=USR1',
      'warn_ms=2000',
      'cgroup=/cg',
      'made={"runDir":"/p/run","log":"/p/run/o.log","errorLog":"/p/run/e.log"}',
    ],
    ...['arg=a', 'arg=', 'arg=b=c\n', 'env=K=v=w', ''],
  ]);
  const torn = { argv: ['a\0b'], environment: {} };
  expect(() => encodeSpec(one, directory, torn, null)).toThrow('NUL in arg');
});
