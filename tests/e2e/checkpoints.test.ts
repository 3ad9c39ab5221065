import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';
import { torch } from '../unit/checkpoints/files.js';

// Checkpoints of programs of every kind, through the built programs.

let home: Home;
beforeEach(() => {
  home = new Home({ EXPD_SLOTS: '2' });
});
afterEach(() => home.close());

interface Listed {
  path: string;
  attempt: number | null;
  stack: string | null;
  step: number | null;
  complete: boolean;
  valid: boolean | null;
  damage: string | null;
  pinned: boolean;
  best: boolean;
  next: boolean;
  kept: string[];
  metrics: Record<string, number>;
}
const listed = async (id: number, ...flags: string[]): Promise<Listed[]> =>
  JSON.parse(await home.ok('checkpoints', String(id), '--json', ...flags)).checkpoints;
const show = async (id: number) => JSON.parse(await home.ok('show', String(id), '--json'));
const wait = async (id: number): Promise<number | null> => (await home.expctl(['wait', String(id)])).code;

/** Functions of sh for the scripts of these tests: `plain STEP LOSS`. */
const PLAIN = `
plain() {
  name=$(printf step-%08d "$1"); dir=$EXPD_CHECKPOINT_DIR/.tmp-$name; mkdir -p "$dir"; printf x > "$dir/w"
  printf '{"v":1,"step":%d,"metrics":{"loss":%s},"files":{"w":{"size":1,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}}}' "$1" "\${2:-1}" > "$dir/MANIFEST.json"
  mv "$dir" "$EXPD_CHECKPOINT_DIR/$name"
}`;

/** Hooks on which a script waits until the test lets it go on. */
const gate = (name: string): string => join(home.project, `${name}.go`);
const open = (name: string): void => writeFileSync(gate(name), '');
const waitFor = (name: string): string => `while [ ! -e ${gate(name)} ]; do sleep 0.05; done`;

test('listed, noticed while it runs, verified; a damaged newest one is said and passed over', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
${PLAIN}
if [ -n "$EXPD_RESUME_FROM" ]; then echo "from $EXPD_RESUME_STEP"; exit 0; fi
plain 100 0.5; plain 200 0.25; plain 300 0.25
${waitFor('end')}
exit 75
`,
  );
  const id = await home.submit([script], ['--metric', 'loss']);
  const noticed = await until(
    'three checkpoints are read whole',
    async () => {
      const all = await listed(id).catch(() => []);
      return all.length === 3 && all.every(({ valid }) => valid === true) ? all : undefined;
    },
    30_000,
  );
  expect(noticed.map(({ step, best, next }) => [step, best, next])).toEqual([
    [300, false, true],
    [200, true, false],
    [100, false, false],
  ]);
  truncateSync(join(noticed[0]!.path, 'w'), 0);
  open('end');
  expect(await wait(id)).toBe(0);
  expect(await home.ok('logs', '--attempt', '2', String(id))).toMatch(
    /^\[expd\] checkpoint .*step-00000300 is damaged and was passed over: w: 0 bytes instead of 1\nfrom 200\n$/,
  );
  const after = await listed(id);
  expect(after.map(({ step, valid, next }) => [step, valid, next])).toEqual([
    [300, false, false],
    [200, true, true],
    [100, true, false],
  ]);
  expect(await home.ok('checkpoints', String(id))).toMatch(/300 .* no: w: 0 bytes instead of 1/);
}, 60_000);

test('a run directory that cannot be read is waited for: nothing starts from nothing', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
${PLAIN}
if [ -n "$EXPD_RESUME_FROM" ]; then echo "from $EXPD_RESUME_STEP"; exit 0; fi
plain 100
exit 1
`,
  );
  const id = await home.submit([script]);
  expect(await wait(id)).toBe(1);
  const { runDir } = (await show(id)).run;
  renameSync(runDir, `${runDir}.away`);
  symlinkSync(runDir, runDir); // a loop, also for root
  expect(await home.expctl(['checkpoints', String(id)])).toMatchObject({
    code: 1,
    stderr: `expctl: ${runDir} cannot be used (ELOOP); look at its rights and its disk\n`,
  });
  await home.ok('retry', String(id));
  await until('it waits', async () => (await show(id)).run.reason?.text.includes('ELOOP'));
  rmSync(runDir);
  renameSync(`${runDir}.away`, runDir);
  expect(await wait(id)).toBe(0);
  expect(await home.ok('logs', String(id))).toContain('from 100');
}, 60_000);

test('retention: what a setting keeps, what is pinned stays, foreign ones are not touched', async () => {
  await home.start([], { EXPD_RETENTION: 'last 2, best 1' });
  const script = home.script(
    'train.sh',
    `#!/bin/sh
${PLAIN}
plain 1 0.9; plain 2 0.1
${waitFor('pinned')}
for step in 3 4 5 6; do plain $step 0.$step; done
printf x > "$EXPD_CHECKPOINT_DIR/epoch_1.pt"; printf x > "$EXPD_CHECKPOINT_DIR/epoch_2.pt"
`,
  );
  const id = await home.submit([script], ['--metric', 'loss']);
  await until('the first is there', async () => (await listed(id).catch(() => [])).length >= 2, 30_000);
  expect(await home.ok('checkpoints', 'pin', String(id), '1')).toMatch(/step-00000001 is pinned\n$/);
  open('pinned');
  expect(await wait(id)).toBe(0);
  const { run } = await show(id);
  const directory = join(run.runDir, 'checkpoints');
  await until('the others are gone', () => readdirSync(directory).length === 6, 30_000);
  expect(readdirSync(directory).sort()).toEqual([
    'epoch_1.pt',
    'epoch_2.pt',
    ...[1, 2, 5, 6].map((step) => `step-0000000${step}`),
  ]);
  const kept = new Map((await listed(id)).map(({ step, stack, kept }) => [`${stack} ${step}`, kept]));
  expect(kept.get('plain 1')).toEqual(['pinned']);
  expect(kept.get('plain 2')).toEqual(['best loss']);
  expect(kept.get('plain 6')).toEqual(['newest that is whole', 'last 2']);
  expect((await home.expctl(['checkpoints', 'pin', String(id), '3'])).code).toBe(3);
}, 60_000);

test('retention after another start: what the new line writes stays, though older steps are higher', async () => {
  await home.start([], { EXPD_RETENTION: 'last 2' });
  const script = home.script(
    'train.sh',
    `#!/bin/sh
${PLAIN}
[ "$EXPD_ATTEMPT" = 1 ] && { plain 7; plain 8; plain 9; exit 0; }
plain 1; plain 2; plain 3
${waitFor('end')}
exit 1
`,
  );
  const id = await home.submit([script]);
  expect(await wait(id)).toBe(0);
  await home.ok('resume', String(id), '--from', '8');
  const left = await until(
    'retention has looked at the new line',
    async () => {
      const all = await listed(id).catch(() => []);
      return all.length === 3 ? all : undefined;
    },
    30_000,
  );
  expect(left.map(({ attempt, step, next }) => [attempt, step, next])).toEqual([
    [2, 3, true],
    [2, 2, false],
    [1, 8, false],
  ]);
  expect(left[2]!.kept).toEqual(['resumed from']);
  open('end');
  expect(await wait(id)).toBe(1);
  await home.ok('retry', String(id));
  await until('it goes on', async () => (await show(id)).attempts.length === 3);
  expect((await show(id)).attempts[2].resumedFrom).toMatch(/step-00000003$/);
}, 60_000);

test('retention leaves the chosen checkpoint until the run has one of its own', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
${PLAIN}
[ "$EXPD_ATTEMPT" = 1 ] && { plain 7; plain 8; plain 9; exit 0; }
echo "from \${EXPD_RESUME_STEP:-none}"
[ "$EXPD_ATTEMPT" = 2 ] && exit 75
exit 0
`,
  );
  const id = await home.submit([script]);
  expect(await wait(id)).toBe(0);
  await home.stop();
  await home.start([], { EXPD_RETENTION: 'last 1' });
  await home.ok('resume', String(id), '--from', '7');
  expect(await wait(id)).toBe(0);
  expect(await home.ok('logs', String(id))).toBe('from 7\n');
}, 60_000);

test('two runs write to one --output_dir: never at once, and each knows its own', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
if [ -n "$EXPD_RESUME_FROM" ]; then echo "from $EXPD_RESUME_FROM"; exit 0; fi
mkdir -p out; printf x > out/model-$1.weights
${waitFor('end')}
exit $2
`,
  );
  const flags = ['--checkpoints', 'out/model-*.weights'];
  const first = await home.submit([script, '1', '75'], flags);
  await until('it has begun', () => existsSync(join(home.project, 'out/model-1.weights')), 30_000);
  const second = await home.submit([script, '2', '0'], flags);
  const reason = await until('it waits', async () => (await home.run(second)).reason, 30_000);
  expect(reason).toMatchObject({
    code: 'place_busy',
    text: `run ${first} writes its checkpoints to ${home.project}/out`,
  });
  const other = await home.submit(['true'], []);
  expect(await wait(other)).toBe(0);
  open('end');
  expect(await wait(first)).toBe(0);
  expect(await wait(second)).toBe(0);
  expect(await home.ok('logs', '--attempt', '2', String(first))).toBe(
    `from ${home.project}/out/model-1.weights\n`,
  );
  const own = async (id: number) => (await listed(id)).map(({ path, attempt }) => [path, attempt]);
  expect(await own(first)).toEqual([[join(home.project, 'out/model-1.weights'), null]]);
  expect(await own(second)).toEqual([[join(home.project, 'out/model-2.weights'), null]]);
  await home.ok('resume', String(second));
  expect(await wait(second)).toBe(0);
  expect((await show(second)).attempts[1].resumedFrom).toBe(join(home.project, 'out/model-2.weights'));
}, 60_000);

test('in place: a copy where the program looks, in a new run directory, never twice the same progress', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
${PLAIN}
file=$EXPD_RUN_DIR/checkpoints/step-00000007/w
if [ -e "$file" ]; then echo "mine: $(cat "$file")"; exit \${STOP:-0}; fi
plain 7; exit 75
`,
  );
  const id = await home.submit([script], ['--resume-arg', 'in-place']);
  expect(await wait(id)).toBe(0);
  const { attempts } = await show(id);
  expect(await home.ok('logs', '--attempt', '2', String(id))).toBe('mine: x\n');
  expect(attempts[1].resumedFrom).toBe(join(attempts[0].runDir, 'checkpoints/step-00000007'));
  // One that never gets on is recognised: what it was given is not its own.
  const stuck = await home.submit([script], ['--resume-arg', 'in-place', '--env', 'STOP=75']);
  const held = await home.untilState(stuck, 'held');
  expect(held.reason).toMatchObject({ code: 'poison' });
}, 60_000);

test('one file, written over and over: each save is progress', async () => {
  await home.start();
  for (const n of [1, 2, 3, 4, 5, 6]) writeFileSync(join(home.dir, `${n}.pt`), torch(n * 100, 'iter_num'));
  const script = home.script(
    'train.sh',
    `#!/bin/sh
echo "from \${EXPD_RESUME_STEP:-none}"
mkdir -p out; cp ${home.dir}/$EXPD_ATTEMPT.pt out/part; mv out/part out/ckpt.pt
[ "$EXPD_ATTEMPT" = 6 ] || exit 75
`,
  );
  const id = await home.submit([script], ['--checkpoints', 'out/ckpt.pt', '--resume-arg', '--resume']);
  expect(await wait(id)).toBe(0);
  expect(await home.ok('logs', String(id))).toBe('from 500\n');
}, 60_000);

test('submit --from: a variation, under the same curves; its parent is recorded and cannot be removed', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh\n${PLAIN}\necho "$EXPD_EXPERIMENT_ID \${EXPD_RESUME_STEP:-none}"\nplain 5 0.5; plain 9 0.9\n`,
  );
  const first = await home.submit([script], ['--metric', 'loss', '--experiment-id', 'base']);
  expect(await wait(first)).toBe(0);
  const from = async (word: string): Promise<[log: string, parent: string]> => {
    const id = await home.submit([script], ['--from', word]);
    expect(await wait(id)).toBe(0);
    return [await home.ok('logs', String(id)), (await show(id)).submission.from];
  };
  const { run } = await show(first);
  const path = (step: number): string => join(run.runDir, `checkpoints/step-0000000${step}`);
  expect(await from(`${first}`)).toEqual(['base 9\n', path(9)]);
  expect(await from(`${first}:best`)).toEqual(['base 5\n', path(5)]);
  expect(await from(`${first}:5`)).toEqual(['base 5\n', path(5)]);
  expect(await from(path(9))).toEqual(['base 9\n', path(9)]);
  expect(await home.ok('submit', '--dry-run', '--from', `${first}`, '--', script)).toMatch(
    /^ {2}experiment +<of its checkpoint>$/m,
  );
  const other = await home.submit([script], ['--from', `${first}`, '--experiment-id', 'other']);
  expect(await wait(other)).toBe(0);
  expect(await home.ok('logs', String(other))).toBe('other 9\n');
  for (const word of [`${first}:6`, '/etc', 'nobody'])
    expect((await home.expctl(['submit', '--from', word, '--', script])).code).toBe(3);
  const removed = await home.expctl(['rm', '--files', String(first)]);
  expect(removed.code).not.toBe(0);
}, 60_000);

test('submit --from RUN means the newest of what that run would go on from', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh\n${PLAIN}\necho "from \${EXPD_RESUME_STEP:-none}"\n[ "$NEW" = none ] || plain \${NEW:-9}\nexit 1\n`,
  );
  const id = await home.submit([script]);
  expect(await wait(id)).toBe(1);
  await home.ok('retry', '--fresh', '--env', 'NEW=3', String(id));
  expect(await wait(id)).toBe(1);
  expect((await listed(id)).map(({ step, next }) => [step, next])).toEqual([
    [3, true],
    [9, false],
  ]);
  const from = async (word: string): Promise<string> => {
    const other = await home.submit([script], ['--from', word]);
    expect(await wait(other)).toBe(1);
    return home.ok('logs', String(other));
  };
  expect(await from(`${id}`)).toBe('from 3\n');
  expect(await from(`${id}:9`)).toBe('from 9\n');
  await home.ok('retry', '--fresh', '--env', 'NEW=none', String(id));
  expect(await wait(id)).toBe(1);
  expect(await from(`${id}`)).toBe('from 9\n');
}, 60_000);

test('rm --files leaves curves beside which there are checkpoints that another run came from', async () => {
  await home.start();
  const checkpoint = join(home.dir, 'a.ckpt');
  writeFileSync(checkpoint, torch(5));
  const script = home.script(
    'train.sh',
    `#!/bin/sh
[ -n "$EXPD_RESUME_FROM" ] && exit 0
mkdir -p "$EXPD_TB_DIR/checkpoints"; cp ${checkpoint} "$EXPD_TB_DIR/checkpoints/epoch=0-step=5.ckpt"
`,
  );
  const first = await home.submit([script]);
  expect(await wait(first)).toBe(0);
  const other = await home.submit([script], ['--from', `${first}`, '--experiment-id', 'other']);
  expect(await wait(other)).toBe(0);
  expect((await show(other)).attempts[0].resumedFrom).toMatch(/checkpoints\/epoch=0-step=5\.ckpt$/);
  const removed = await home.expctl(['rm', '--files', String(first)]);
  expect(removed.stderr).toContain(`run ${other} resumed from a checkpoint of run ${first}`);
  expect(removed.code).toBe(1);
  await home.ok('rm', String(other));
  await home.ok('rm', '--files', String(first));
}, 60_000);

test('a pattern that has matched nothing is said before it is needed', async () => {
  await home.start();
  const script = home.script('train.sh', `#!/bin/sh\n${waitFor('end')}\n`);
  const id = await home.submit([script], ['--checkpoints', 'out/checkpoint-*']);
  await home.untilState(id, 'running');
  const { notices } = await show(id);
  expect(notices).toContain(
    `no checkpoint so far: nothing matches --checkpoints ${home.project}/out/checkpoint-*`,
  );
  mkdirSync(join(home.project, 'out/checkpoint-1'), { recursive: true });
  writeFileSync(join(home.project, 'out/checkpoint-1/w'), 'x');
  expect((await show(id)).notices.join()).not.toContain('no checkpoint');
  open('end');
  expect(await wait(id)).toBe(0);
});

test('trackers go on with the same run; how it failed is a tag, until it succeeds', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
echo "$WANDB_RUN_ID $WANDB_RESUME $WANDB_NAME [$WANDB_TAGS] [$MLFLOW_RUN_ID]"
echo '{"event":"tracker","mlflow_run_id":"abc123"}' >> "$EXPD_METRICS"
[ "$EXPD_ATTEMPT" = 2 ]
`,
  );
  const id = await home.submit([script], ['--tag', 'mine']);
  expect(await wait(id)).toBe(1);
  const failed = await show(id);
  expect(failed.run.tags).toEqual(['failed', 'mine']);
  await home.ok('retry', String(id));
  expect(await wait(id)).toBe(0);
  const wandb = failed.run.ulid.toLowerCase();
  expect(await home.ok('logs', '--attempt', '1', String(id))).toBe(`${wandb} allow train [mine] []\n`);
  expect(await home.ok('logs', '--attempt', '2', String(id))).toBe(
    `${wandb} allow train [failed,mine] [abc123]\n`,
  );
  expect((await show(id)).run.tags).toEqual(['mine']);
  const without = await home.submit([script], ['--no-wandb', '--env', 'WANDB_NAME=own']);
  await wait(without);
  expect(await home.ok('logs', String(without))).toBe('  own [] []\n');
});

test('what is over costs no watch', async () => {
  const daemon = await home.start();
  const idle = watches(daemon);
  const script = home.script('train.sh', `#!/bin/sh\n${PLAIN}\nplain 1\n${waitFor('end')}\n`);
  const id = await home.submit([script]);
  // The run directory and those in it; a file of its supervisor is one more.
  await until('it is watched', () => watches(daemon) >= idle + 3, 30_000);
  open('end');
  for (let n = 0; n < 10; n++) await home.submit([script]);
  expect(await wait(id)).toBe(0);
  for (let n = 0; n < 10; n++) expect(await wait(id + 1 + n)).toBe(0);
  await until('nothing is watched any more', () => watches(daemon) === idle, 30_000);
});

/** inotify watches of a process. */
function watches(pid: number): number {
  return readdirSync(`/proc/${pid}/fdinfo`)
    .map((fd) => {
      try {
        return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1').match(/^inotify wd/gm)?.length ?? 0;
      } catch {
        return 0;
      }
    })
    .reduce((sum, count) => sum + count, 0);
}
