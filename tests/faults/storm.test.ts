import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Home } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { buildMutant, slowDisk, slowShim } from '../helpers/seeded.js';
import { skipUnless } from '../helpers/skip.js';
import { ambush, newSeed, Scene, storm } from '../helpers/storm.js';

const straces = skipUnless(spawnSync('strace', ['-V']).status === 0, 'needs strace');
const CALM = { runs: 60, submitters: 3, kills: 12, lifeMs: [20, 600], seconds: 0.4 } as const;

// As many kills as were asked for, and every run to its end: on a busy machine that takes many times as long.
vi.setConfig({ testTimeout: 480_000 });

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function scene(home = new Home()): Scene {
  const made = new Scene(home);
  closers.push(() => home.close());
  return made;
}

describe('kill -9 of the daemon at random moments', () => {
  test('while clients submit', async () => {
    const here = scene();
    const seed = newSeed('submissions');
    const { kills } = await storm(here, { ...CALM, seed });
    console.log(`${here.acknowledged.length} runs, ${kills} kills`);
    assertInvariants(here, here.acknowledged);
    expect(executionsOf(here)).toBe(here.acknowledged.length);
  });

  test('while clients submit, cancel, hold, release and retry', async () => {
    const here = scene();
    await storm(here, { ...CALM, seed: newSeed('meddling'), meddle: true });
    assertInvariants(here, here.acknowledged);
  });

  test('and of shims and runs', async () => {
    const here = scene();
    const { killedRuns } = await storm(here, {
      ...CALM,
      kills: 20,
      seed: newSeed('shims'),
      seconds: 1.5,
      killRuns: 'shims and runs',
    });
    console.log(`${killedRuns} shims and runs killed`);
    expect(killedRuns).toBeGreaterThan(0);
    assertInvariants(here, here.acknowledged);
  });
});

describe('slow steps, which no timer may be shorter than', () => {
  straces('of the shim, around its claim, its start and its end', async () => {
    const home = new Home();
    const delays = [
      'mknodat:delay_enter=40000',
      'linkat:delay_exit=60000',
      'renameat:delay_enter=40000',
      'fsync:delay_enter=30000',
    ];
    const build = await buildMutant({ shim: slowShim(home.dir, delays).file });
    closers.push(build.remove);
    home.command = build.command;
    const here = scene(home);
    await storm(here, { ...CALM, runs: 24, kills: 14, seed: newSeed('slow shims'), seconds: 0.1 });
    assertInvariants(here, here.acknowledged);
    expect(executionsOf(here)).toBe(here.acknowledged.length);
  });

  straces('of the disk under the database', async () => {
    const home = new Home();
    home.command = slowDisk(home.command);
    const here = scene(home);
    await storm(here, { ...CALM, runs: 24, kills: 6, lifeMs: [50, 900], seed: newSeed('slow disk') });
    await ambush(here, 6);
    assertInvariants(here, here.acknowledged);
  });
});

/** How many attempts were executed; without interruptions one a run. */
const executionsOf = (here: Scene): number =>
  here.query<{
    n: number;
  }>(`SELECT count(*) AS n FROM attempts WHERE json_extract(outcome, '$.code') IS NOT NULL
    OR json_extract(outcome, '$.signal') IS NOT NULL`)[0]!.n;
