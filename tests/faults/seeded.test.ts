import { spawnSync } from 'node:child_process';
import { afterEach, expect } from 'vitest';
import { Home } from '../helpers/home.js';
import { type Invariant, violations } from '../helpers/invariants.js';
import { type Build, buildMutant, type Edit, seededShim, slowDisk } from '../helpers/seeded.js';
import { skipUnless } from '../helpers/skip.js';
import { ambush, newSeed, Scene, storm } from '../helpers/storm.js';

/**
 * Three defects that are easily made, each built into a daemon of its own. A suite that lets one of them
 * pass would let the real one pass, too.
 */
const works = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const seeded = skipUnless(works('strace', '-V') && works('cc', '--version'), 'needs strace and a compiler');

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function sceneOf(home: Home, build: Promise<Build>, slots?: number): Promise<Scene> {
  const { command, remove } = await build;
  home.command = command;
  closers.push(remove, () => home.close());
  return new Scene(home, slots);
}

seeded(
  'the claim has its name before its holder can be seen to live',
  async () => {
    const home = new Home();
    const scene = await sceneOf(home, buildMutant({ shim: seededShim() }), 12);
    const { command } = home;
    // A shim whose directory is gone executes nothing, so the defect shows while that is still under way.
    const slowRemoval = '/^unlink:delay_enter=300000';
    home.command = slowDisk(command, [slowRemoval]);
    const restartMs = await timeToRestart(scene);
    // Each shim is slow for longer than a daemon takes to be killed and to start again.
    const claimUs = Math.round((restartMs + 900) * 1000);
    home.command = slowDisk(command, [slowRemoval, `mknodat:delay_exit=${claimUs}:when=1`]);
    const seed = newSeed('claim before liveness');
    const weather = { seed, runs: 16, submitters: 4, kills: 3, lifeMs: [600, 1600], seconds: 0.1 } as const;
    await expectCaught(scene, ['V2', 'V3', 'V4', 'V7'], () => storm(scene, weather));
  },
  240_000,
);

seeded(
  'an answer before the commit',
  async () => {
    const edits: Edit[] = [
      {
        file: 'src/daemon/queue/commit.ts',
        from: "  db.raw.exec('COMMIT');",
        to: "  Reflect.get(globalThis, 'answerEarly')(answers);\n  db.raw.exec('COMMIT');",
      },
      {
        file: 'src/daemon/queue/writer.ts',
        from: '  const say = (message: FromWriter): void => port.postMessage(message);',
        to: `  const say = (message: FromWriter): void => port.postMessage(message);
  Reflect.set(globalThis, 'answerEarly', (answers: never) => say({ say: 'answers', answers }));`,
      },
      // Nobody can read yet what is answered, but for its id.
      {
        file: 'src/daemon/api/submit.ts',
        from: "import { type Reasons, runView } from './view.js';",
        to: "import { type Reasons, runView } from './view.js';\nimport { Run } from '../../gen/expd/v1/runs.js';",
      },
      {
        file: 'src/daemon/api/submit.ts',
        from: 'run: run === null ? undefined : runView(run, reasons),',
        to: 'run: run === null ? { ...Run.decode(new Uint8Array()), id: result.runId! } : runView(run, reasons),',
      },
    ];
    const scene = await sceneOf(new Home(), buildMutant({ edits }));
    scene.home.command = slowDisk(scene.home.command);
    await expectCaught(scene, ['V1'], () => ambush(scene, 3));
  },
  240_000,
);

seeded(
  'queued again without a look at the boot id',
  async () => {
    const edit: Edit = {
      file: 'src/daemon/supervisor/reconcile.ts',
      from: 'const rebooted = boots.attempt !== boots.now;',
      to: 'const rebooted = true;',
    };
    const scene = await sceneOf(new Home(), buildMutant({ edits: [edit] }));
    const seed = newSeed('no boot id');
    const weather = {
      seed,
      runs: 20,
      submitters: 2,
      kills: 10,
      lifeMs: [100, 600],
      seconds: 3,
      killRuns: 'shims',
    } as const;
    await expectCaught(scene, ['V4', 'V7'], () => storm(scene, weather));
  },
  240_000,
);

/** How long the next daemon takes under this load, in ms. */
async function timeToRestart(scene: Scene): Promise<number> {
  await scene.start();
  await scene.home.stop('SIGKILL');
  const before = performance.now();
  await scene.start();
  const after = performance.now();
  await scene.home.stop('SIGKILL');
  return after - before;
}

/** Storms of luck: another one while none of the invariants has caught it. */
async function expectCaught(scene: Scene, by: Invariant[], round: () => Promise<unknown>): Promise<void> {
  let broken: Invariant[] = [];
  for (let rounds = 0; rounds < 6 && broken.length === 0; rounds++) {
    await round();
    broken = violations(scene, scene.acknowledged).map(({ of }) => of);
  }
  console.log(`caught by ${[...new Set(broken)].join(', ')}`);
  expect(broken.filter((one) => by.includes(one))).not.toEqual([]);
}
