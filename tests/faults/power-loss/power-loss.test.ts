import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nextResumePoint } from '../../../src/daemon/checkpoints/choose.js';
import { inspecting } from '../../helpers/inspecting.js';
import { skipUnless } from '../../helpers/skip.js';
import { type Operation, operationsOf } from './operations.js';
import { type State, statesAfter } from './states.js';

// What real writers of checkpoints did to the disk, and every state in which a power cut may leave it: what is loaded
// then is whole, and is what was acknowledged last, or newer.

const digits = resolve(import.meta.dirname, '../../../examples/digits');
const inspect = inspecting();
const traced = skipUnless(spawnSync('strace', ['-V']).status === 0, 'needs strace');

const KNOBS = ['--steps', '3', '--hidden', '2', '--checkpoint-every', '1', '--log-every', '1'];
const WRITERS = [
  { name: 'Node', argv: [process.execPath, join(digits, 'train.mjs'), ...KNOBS] },
  { name: 'Python', argv: ['python3', join(digits, 'train.py'), ...KNOBS] },
];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'expd-power-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each(WRITERS)('$name', ({ name, argv }) => {
  traced(
    'no state loads what is torn, loses what was acknowledged, or goes back before it',
    async () => {
      const { operations, contents } = record(name, argv);
      expect(operations.filter((one) => one.do === 'acknowledge')).toHaveLength(3);
      const found = await counts(operations, contents);
      expect(found.states).toBeGreaterThan(40);
      expect(found).toMatchObject({ corrupt: 0, lost: 0, older: 0 });
    },
    120_000,
  );

  traced(
    'without the fsyncs of its directories it would: the simulation sees what they are for',
    async () => {
      const { operations, contents } = record(`${name} careless`, argv);
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

/** Runs the writer once; content by the path that a file has in the end. */
function record(name: string, argv: readonly string[]) {
  const run = join(root, name.replaceAll(' ', '-'));
  const checkpoints = join(run, 'checkpoints');
  const metrics = join(run, 'metrics/metrics.jsonl');
  mkdirSync(checkpoints, { recursive: true });
  const env = { EXPD_RUN_DIR: run, EXPD_CHECKPOINT_DIR: checkpoints, EXPD_METRICS: metrics };
  const operations = operationsOf(argv, env, checkpoints, metrics);
  const contents = new Map<string, Buffer>();
  for (const operation of operations) {
    if (operation.do !== 'create') continue;
    const step = /step-\d{8}/.exec(operation.path)?.[0] ?? '';
    const file = join(step, operation.path.split('/').slice(1).join('/'));
    contents.set(operation.path, readFileSync(join(checkpoints, file)));
  }
  return { operations, contents };
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
    else if (!isWhole(state, `step-${String(point.step).padStart(8, '0')}`)) result.corrupt++;
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

/** All four files of it, all of their content. */
function isWhole({ files }: State, name: string): boolean {
  const parts = [...files].filter(([path]) => path.startsWith(`${name}/`));
  return parts.length === 4 && parts.every(([, what]) => what.is === 'file' && what.content === 'all');
}
