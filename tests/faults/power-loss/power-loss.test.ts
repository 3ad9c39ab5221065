import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nextResumePoint } from '../../../src/daemon/checkpoints/choose.js';
import { inspecting } from '../../helpers/inspecting.js';
import { skipUnless } from '../../helpers/skip.js';
import { EXPD_TRAIN } from '../../trainers/training.js';
import { type Operation, operationsOf } from './operations.js';
import { type State, statesAfter } from './states.js';

// What real writers of checkpoints did to the disk, and every state in which a power cut may leave it: what is loaded
// then is whole, and is what was acknowledged last, or newer.

const digits = resolve(import.meta.dirname, '../../../examples/digits');
const inspect = inspecting();
const traced = skipUnless(spawnSync('strace', ['-V']).status === 0, 'needs strace');

const KNOBS = ['--steps', '3', '--hidden', '2', '--checkpoint-every', '1', '--log-every', '1'];
/** `whole`: the same writer, which gives none of its checkpoints up. */
const WRITERS: { name: string; argv: string[]; whole?: string[] }[] = [
  { name: 'Node', argv: [process.execPath, join(digits, 'train.mjs'), ...KNOBS] },
  { name: 'Python', argv: ['python3', join(digits, 'train.py'), ...KNOBS] },
  {
    name: 'a built-in trainer',
    argv: [...builtIn('keep_last=1', 'keep_best=0')],
    whole: [...builtIn('keep_last=3')],
  },
];

function builtIn(...keeping: string[]): string[] {
  const size = ['engine=wasm', 'hidden=2', 'batch_size=2', 'eval_every=9', 'sample_every=9'];
  const steps = ['steps=3', 'log_every=1', 'checkpoint_every=1'];
  return [process.execPath, EXPD_TRAIN, 'flow2d', ...size, ...steps, ...keeping];
}

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'expd-power-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each(WRITERS)('$name', ({ name, argv, whole }) => {
  traced(
    'no state loads what is torn, loses what was acknowledged, or goes back before it',
    async () => {
      const { operations, contents } = record(name, argv, whole);
      expect(operations.filter((one) => one.do === 'acknowledge')).toHaveLength(3);
      if (whole !== undefined) expect(operations.some((one) => one.do === 'remove')).toBe(true);
      const found = await counts(operations, contents);
      expect(found.states).toBeGreaterThan(40);
      expect(found).toMatchObject({ corrupt: 0, lost: 0, older: 0 });
    },
    120_000,
  );

  traced(
    'without the fsyncs of its directories it would: the simulation sees what they are for',
    async () => {
      const { operations, contents } = record(`${name} careless`, argv, whole);
      const files = new Set(operations.flatMap((one) => (one.do === 'create' ? [one.path] : [])));
      const careless = operations.filter((one) => one.do !== 'sync' || files.has(one.path));
      const found = await counts(careless, contents);
      expect(found.corrupt).toBe(0);
      expect(found.lost).toBeGreaterThan(0);
    },
    120_000,
  );
});

test('a load that does not verify would take what is torn', async () => {
  const operations: Operation[] = [
    { do: 'mkdir', path: 'step-00000001' },
    { do: 'create', path: 'step-00000001/w' },
    { do: 'write', path: 'step-00000001/w' },
  ];
  const torn = [...statesAfter(operations)].filter(({ files }) => {
    const file = files.get('step-00000001/w');
    return file?.is === 'file' && file.content !== 'all';
  });
  expect(torn.length).toBeGreaterThanOrEqual(2);
});

/** Runs the writer once; content by the path that a file is made under. */
function record(name: string, argv: readonly string[], whole: readonly string[] | undefined) {
  const { operations, checkpoints } = traceOf(name, argv);
  const left = whole === undefined ? checkpoints : traceOf(`${name} whole`, whole).checkpoints;
  const contents = new Map<string, Buffer>();
  for (const operation of operations) {
    if (operation.do !== 'create') continue;
    const step = /step-\d{8}/.exec(operation.path)?.[0] ?? '';
    const file = join(step, operation.path.split('/').slice(1).join('/'));
    contents.set(operation.path, readFileSync(join(left, file)));
  }
  return { operations, contents };
}

function traceOf(name: string, argv: readonly string[]) {
  const run = join(root, name.replaceAll(' ', '-'));
  const checkpoints = join(run, 'checkpoints');
  const metrics = join(run, 'metrics/metrics.jsonl');
  mkdirSync(checkpoints, { recursive: true });
  const env = { EXPD_RUN_DIR: run, EXPD_CHECKPOINT_DIR: checkpoints, EXPD_METRICS: metrics };
  return { operations: operationsOf(argv, env, checkpoints, metrics), checkpoints };
}

async function counts(operations: readonly Operation[], contents: ReadonlyMap<string, Buffer>) {
  const result = { states: 0, corrupt: 0, lost: 0, older: 0 };
  const written = operations.map((one) => (one.do === 'create' ? contents.get(one.path)! : null));
  for (const state of statesAfter(operations)) {
    result.states++;
    const runDir = join(root, 'state');
    materialise(runDir, state, written);
    const attempt = { number: 1, runDir, resumedFrom: null, claimedAt: 0, endedAt: 1 };
    const past = { attempts: [attempt], submission: { cwd: '/', resumeArg: null } };
    const { point } = await nextResumePoint({ from: 'newest' }, past, inspect);
    if (point === null) result.lost += state.acknowledged === null ? 0 : 1;
    else if (!isWhole(state, `step-${String(point.step).padStart(8, '0')}`, contents)) result.corrupt++;
    else if ((point.step ?? 0) < (state.acknowledged ?? 0)) result.older++;
    rmSync(runDir, { recursive: true });
  }
  return result;
}

function materialise(runDir: string, { files }: State, written: readonly (Buffer | null)[]): void {
  const place = join(runDir, 'checkpoints');
  mkdirSync(place, { recursive: true });
  for (const [path, what] of files) {
    if (what.is === 'directory') mkdirSync(join(place, path), { recursive: true });
    else {
      const whole = written[what.node]!;
      const length = { all: whole.length, half: whole.length >> 1, none: 0 }[what.content];
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), whole.subarray(0, length));
    }
  }
}

/** All files of it, all of their content. */
function isWhole({ files }: State, name: string, made: ReadonlyMap<string, Buffer>): boolean {
  const parts = [...files].filter(([path]) => path.startsWith(`${name}/`));
  const all = [...made.keys()].filter((path) => path.includes(name)).length;
  return parts.length === all && parts.every(([, what]) => what.is === 'file' && what.content === 'all');
}
