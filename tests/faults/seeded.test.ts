import { spawnSync } from 'node:child_process';
import { afterEach, expect } from 'vitest';
import { Home } from '../helpers/home.js';
import { type Invariant, violations } from '../helpers/invariants.js';
import { type Build, buildMutant, type Edit, seededShim, slowDisk, slowShim } from '../helpers/seeded.js';
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

async function sceneOf(home: Home, build: Promise<Build>): Promise<Scene> {
  const { command, remove } = await build;
  home.command = command;
  closers.push(remove, () => home.close());
  return new Scene(home);
}

seeded(
  'the claim has its name before its holder can be seen to live',
  async () => {
    const home = new Home();
    // Longer than a daemon takes to be killed and to start again.
    const shim = slowShim(home.dir, ['mknodat:delay_exit=700000'], seededShim());
    const scene = await sceneOf(home, buildMutant({ shim }));
    const seed = newSeed('claim before liveness');
    await storm(scene, { seed, runs: 16, submitters: 2, kills: 6, lifeMs: [500, 900], seconds: 0.1 });
    expectCaught(scene, ['V2', 'V3', 'V4', 'V7']);
  },
  120_000,
);

seeded(
  'an answer before the commit',
  async () => {
    const edits: Edit[] = [
      {
        file: 'src/daemon/queue/commit.ts',
        from: "  raw.exec('COMMIT');",
        to: "  Reflect.get(globalThis, 'answerEarly')(answers);\n  raw.exec('COMMIT');",
      },
      {
        file: 'src/daemon/queue/writer.ts',
        from: '  const say = (message: FromWriter): void => port.postMessage(message);',
        to: `  const say = (message: FromWriter): void => port.postMessage(message);
  Reflect.set(globalThis, 'answerEarly', (answers: never) => say({ say: 'answers', answers }));`,
      },
    ];
    const scene = await sceneOf(new Home(), buildMutant({ edits }));
    scene.home.command = slowDisk(scene.home.command);
    await ambush(scene, 6);
    expectCaught(scene, ['V1']);
  },
  120_000,
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
    await storm(scene, {
      seed,
      runs: 30,
      submitters: 2,
      kills: 14,
      lifeMs: [400, 900],
      seconds: 3,
      killRuns: true,
    });
    expectCaught(scene, ['V4', 'V7']);
  },
  120_000,
);

function expectCaught(scene: Scene, by: Invariant[]): void {
  const broken = [...new Set(violations(scene, scene.acknowledged).map(({ of }) => of))];
  console.log(`caught by ${broken.join(', ')}`);
  expect(broken.filter((one) => by.includes(one))).not.toEqual([]);
}
