import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect } from 'vitest';
import { nextResumePoint } from '../../../src/daemon/checkpoints/choose.js';
import { inspecting } from '../../helpers/inspecting.js';
import { skipUnless } from '../../helpers/skip.js';

// Real writers, killed with -9 at each system call by which they touch their checkpoint directory.

const digits = resolve(import.meta.dirname, '../../../examples/digits');
const inspect = inspecting();
const traced = skipUnless(spawnSync('strace', ['-V']).status === 0, 'needs strace');
const KNOBS = ['--steps', '2', '--hidden', '2', '--checkpoint-every', '1', '--log-every', '1'];
const root = mkdtempSync(join(tmpdir(), 'expd-kills-'));
const WRITERS = [
  { name: 'Node', argv: [process.execPath, join(digits, 'train.mjs'), ...KNOBS] },
  { name: 'Python', argv: ['python3', join(digits, 'train.py'), ...KNOBS] },
  { name: 'what the built-in trainers write with', argv: [process.execPath, lineOnly()] },
];
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Their checkpoints without their training, which takes a second to begin; each gives up the one before it. */
function lineOnly(): string {
  const program = join(root, 'line.cjs');
  buildSync({
    stdin: {
      contents: `
        import { appendFileSync, mkdirSync } from 'node:fs';
        import { dirname } from 'node:path';
        import { Line } from './src/trainers/checkpoint/line.ts';
        mkdirSync(dirname(process.env.EXPD_METRICS), { recursive: true });
        const line = new Line(process.env.EXPD_CHECKPOINT_DIR, { last: 1, best: 0 }, null);
        for (const step of [1, 2, 3]) {
          appendFileSync(process.env.EXPD_METRICS, JSON.stringify({ step }) + '\\n');
          line.save(step, new Map([['model', Buffer.from('m' + step)], ['rng', Buffer.from('r')]]), {});
        }`,
      resolveDir: resolve(import.meta.dirname, '../../..'),
    },
    ...{ bundle: true, platform: 'node', format: 'cjs', outfile: program },
  });
  return program;
}

describe.each(WRITERS)('$name', ({ argv }) => {
  traced(
    'the newest whole one loads, and none that was acknowledged is lost',
    async () => {
      const calls = callsOf(argv);
      expect(calls.length).toBeGreaterThan(30);
      let kills = 0;
      for (const call of calls) {
        const { runDir, killed, acknowledged } = run(argv, call);
        if (killed) kills++;
        const attempt = { number: 1, runDir, resumedFrom: null, claimedAt: 0, endedAt: 1 };
        const past = { attempts: [attempt], submission: { cwd: '/', resumeArg: null } };
        const { point, warnings } = await nextResumePoint({ from: 'newest' }, past, inspect);
        expect({ call, warnings, lost: (point?.step ?? 0) < acknowledged }).toEqual({
          ...{ call, warnings: [], lost: false },
        });
        rmSync(runDir, { recursive: true });
      }
      expect(kills).toBe(calls.length);
    },
    300_000,
  );
});

interface Call {
  name: string;
  /** The how manieth of its name in the writer's main thread, from 1. */
  nth: number;
}

const NAMES = ['openat', 'mkdir', 'write', 'fsync', 'rename', '?unlink', '?rmdir', 'unlinkat'];

/** Those that touch the checkpoint directory, of an undisturbed writer. */
function callsOf(argv: readonly string[]): Call[] {
  const runDir = join(root, 'undisturbed');
  const { log } = trace(argv, runDir, ['-y', '-e', `trace=${NAMES}`]);
  rmSync(runDir, { recursive: true });
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    const [, thread = '', name = ''] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    const key = `${thread} ${name}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return line.includes(`${runDir}/checkpoints/`) ? [{ name, nth: counts.get(key)! }] : [];
  });
}

/** `acknowledged`: the newest step after whose save another step was logged. */
function run(argv: readonly string[], { name, nth }: Call) {
  const runDir = join(root, `${name}-${nth}`);
  const how = ['-e', `trace=${name}`, '-e', `inject=${name}:signal=SIGKILL:when=${nth}`];
  const { killed } = trace(argv, runDir, how);
  const steps = readLines(join(runDir, 'metrics/metrics.jsonl')).flatMap(
    (line) => /"step": ?(\d+)/.exec(line)?.[1] ?? [],
  );
  return { runDir, killed, acknowledged: Math.max(0, ...steps.map(Number)) - 1 };
}

function trace(argv: readonly string[], runDir: string, words: readonly string[]) {
  const checkpoints = join(runDir, 'checkpoints');
  mkdirSync(checkpoints, { recursive: true });
  const log = join(runDir, 'strace.log');
  const { status, signal } = spawnSync('strace', ['-f', '-o', log, ...words, ...argv], {
    env: {
      PATH: process.env.PATH ?? '',
      EXPD_RUN_DIR: runDir,
      EXPD_CHECKPOINT_DIR: checkpoints,
      EXPD_METRICS: join(runDir, 'metrics/metrics.jsonl'),
    },
    timeout: 60_000,
  });
  return { log: readFileSync(log, 'latin1'), killed: signal === 'SIGKILL' || status === 137 };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
