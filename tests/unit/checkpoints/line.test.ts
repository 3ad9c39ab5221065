import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gainOf, nextResumePoint } from '../../../src/daemon/checkpoints/choose.js';
import type { PastAttempt } from '../../../src/daemon/checkpoints/places.js';
import type { ResumeChoice } from '../../../src/daemon/run/run.js';
import { inspecting } from '../../helpers/inspecting.js';

const inspect = inspecting();
const submission = { cwd: '/', resumeArg: null };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'expd-line-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A run directory with checkpoints of these steps; `at` is their manifests' time in ms. */
function attempt(number: number, name: string, steps: number[], at = 1000 * number): PastAttempt {
  const runDir = join(root, name);
  for (const step of steps) {
    const directory = join(runDir, 'checkpoints', `step-${String(step).padStart(8, '0')}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'w'), '');
    utimesSync(join(directory, 'w'), at / 1000, at / 1000);
    writeFileSync(join(directory, 'MANIFEST.json'), manifest(step));
    utimesSync(join(directory, 'MANIFEST.json'), at / 1000, at / 1000);
  }
  return { number, runDir, resumedFrom: null, claimedAt: 1000 * number - 500, endedAt: null };
}

/** Of an empty file. */
const manifest = (step: number): string =>
  JSON.stringify({
    v: 1,
    step,
    files: { w: { size: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' } },
  });

const stepOf = async (choice: ResumeChoice, attempts: PastAttempt[]): Promise<number | null> =>
  (await nextResumePoint(choice, { attempts, submission }, inspect)).point?.step ?? null;

describe('what the next attempt goes on from', () => {
  test('the newest of all attempts', async () => {
    const attempts = [attempt(1, 'a', [100, 200]), attempt(2, 'b', [300]), attempt(3, 'c', [])];
    expect(await stepOf({ from: 'newest' }, attempts)).toBe(300);
  });

  test('nothing, when that was asked for', async () => {
    expect(await stepOf({ from: 'nothing' }, [attempt(1, 'a', [100])])).toBe(null);
  });

  test('after a fresh start only what came since', async () => {
    const attempts = [attempt(1, 'a', [500]), attempt(2, 'b', [100])];
    expect(await stepOf({ from: 'newest', since: 2 }, attempts)).toBe(100);
    expect(await stepOf({ from: 'newest', since: 2 }, [attempts[0]!, attempt(2, 'c', [])])).toBe(null);
  });

  test('after a chosen checkpoint what came since, else that one again', async () => {
    const attempts = [attempt(1, 'a', [100, 500]), attempt(2, 'b', [])];
    const choice = { from: 'newest', since: 2, base: '100' } as const;
    expect(await stepOf(choice, attempts)).toBe(100);
    expect(await stepOf(choice, [attempts[0]!, attempt(2, 'b', [150])])).toBe(150);
  });

  test('in a directory that attempts share, what an older line left there does not count', async () => {
    const first = attempt(1, 'same', [500], 1000);
    const second = attempt(2, 'same', [100], 2000);
    expect(await stepOf({ from: 'newest', since: 2 }, [first, second])).toBe(100);
    expect(await stepOf({ from: 'newest' }, [first, second])).toBe(500);
  });
});

describe('progress', () => {
  const left = async (one: PastAttempt): Promise<boolean> =>
    (await gainOf(one, { submission }, inspect)).progressed;

  test('a checkpoint that it did not start from', async () => {
    expect(await left(attempt(1, 'a', []))).toBe(false);
    expect(await left(attempt(1, 'b', [100]))).toBe(true);
  });

  test('not the one that it started from, nor one that was there before', async () => {
    const before = attempt(2, 'c', [100], 1000);
    expect(await left(before)).toBe(false);
    const same = attempt(2, 'd', [100], 2000);
    const resumedFrom = join(same.runDir, 'checkpoints', 'step-00000100');
    expect(await left({ ...same, resumedFrom })).toBe(false);
  });

  test('the one that it started from, written over: where its name has no number', async () => {
    const one = attempt(2, 'e', []);
    const resumedFrom = join(one.runDir, 'ckpt.pt');
    mkdirSync(one.runDir, { recursive: true });
    writeFileSync(resumedFrom, 'x');
    const gain = () => gainOf({ ...one, resumedFrom }, { submission }, inspect);
    utimesSync(resumedFrom, 1, 1);
    expect(await gain()).toEqual({ progressed: false, overwrote: false });
    utimesSync(resumedFrom, 2, 2);
    expect(await gain()).toEqual({ progressed: true, overwrote: true });
  });
});
