import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { Calls } from '../helpers/calls.js';
import { Home } from '../helpers/home.js';
import { assertInvariants, type Invariant, violations } from '../helpers/invariants.js';
import {
  type Build,
  buildMutant,
  type Edit,
  SHIM,
  seededShim,
  slowDisk,
  slowShim,
} from '../helpers/seeded.js';
import { skipUnless } from '../helpers/skip.js';
import { ambush, killExactly, Scene } from '../helpers/storm.js';
import { until } from '../helpers/until.js';

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
    expectCaught(await givenUpAndReleased(seededShim()), ['V2']);
  },
  120_000,
);

seeded(
  'the same with the claim as it is',
  async () => {
    const scene = await givenUpAndReleased(SHIM);
    assertInvariants(scene, scene.acknowledged);
  },
  120_000,
);

/** Shims are held at the first step of their claim; the next daemon looks, gives them up, and then they go on. */
async function givenUpAndReleased(shim: string): Promise<Scene> {
  const home = new Home();
  const slow = slowShim(home.dir, ['mknodat:delay_exit=600000000:when=1'], shim);
  const scene = await sceneOf(home, buildMutant({ shim: slow.file }));
  closers.push(slow.release);
  await scene.start();
  const calls = new Calls(home.socket);
  for (let n = 0; n < scene.slots; n++) await scene.submit(calls, { lines: n });
  calls.close();
  const claims = (): string[] =>
    scene
      .attempts()
      .filter((id) => readdirSync(join(scene.state, 'attempts', id)).some((name) => /claim/.test(name)));
  await until('every shim is at its claim', () => claims().length === scene.slots, 30_000);
  await home.stop('SIGKILL');

  // A shim whose directory is gone executes nothing, so the defect shows while that is still under way.
  const plain = await buildMutant({ shim });
  closers.push(plain.remove);
  home.command = slowDisk(plain.command, ['/^unlink:delay_enter=2000000']);
  await scene.start();
  const given = `SELECT id FROM attempts WHERE json_extract(outcome, '$.cause') = 'never_started'`;
  await until('all are given up', () => scene.query(given).length >= scene.slots, 30_000);
  slow.release();
  await until('the shims are over', slow.over, 30_000);
  await home.stop('SIGKILL');
  home.command = plain.command;
  await scene.settle();
  return scene;
}

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
    await ambush(scene, 3);
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
    await scene.start();
    const calls = new Calls(scene.home.socket);
    for (let n = 0; n < scene.slots / 2; n++) await scene.submit(calls, { seconds: 4 });
    calls.close();
    const started = () =>
      scene
        .attempts()
        .map((id) => scene.started(id))
        .filter((one) => one !== null);
    await until('they run', () => started().length === scene.slots / 2, 30_000);
    await scene.home.stop('SIGKILL');
    for (const { shim } of started()) killExactly(shim);
    await scene.settle();
    expectCaught(scene, ['V7']);
  },
  120_000,
);

function expectCaught(scene: Scene, by: Invariant[]): void {
  const broken = [...new Set(violations(scene, scene.acknowledged).map(({ of }) => of))];
  console.log(`caught by ${broken.join(', ')}`);
  expect(broken).toEqual(expect.arrayContaining(by));
}
