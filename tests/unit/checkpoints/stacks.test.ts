import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gainOf, misleading, nextResumePoint } from '../../../src/daemon/checkpoints/choose.js';
import { placesOf } from '../../../src/daemon/checkpoints/places.js';
import { countsSteps, type Preset, WAYS } from '../../../src/daemon/checkpoints/preset.js';
import { scan } from '../../../src/daemon/checkpoints/scan.js';
import { isUntouched } from '../../../src/daemon/checkpoints/untouched.js';
import type { ResumeChoice } from '../../../src/daemon/run/run.js';
import type { CheckpointWishes } from '../../../src/daemon/run/submission.js';
import { EventWriter, writeMarker } from '../../../src/tensorboard/tensorboard.js';
import { inspecting } from '../../helpers/inspecting.js';
import { accelerated, hdf5, huggingFace, put, tfjs, torch, zip } from './files.js';

const inspect = inspecting();
let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'expd-stacks-'));
});
afterEach(() => rmSync(runDir, { recursive: true, force: true }));

const attempt = (number: number, directory: string, claimedAt = 0, endedAt: number | null = null) => ({
  ...{ number, runDir: directory, resumedFrom: null, claimedAt, endedAt },
});

async function newest(
  { where = null, metric = null }: Partial<CheckpointWishes> = {},
  resumeArg: string | null = null,
) {
  const submission = { cwd: '/', resumeArg, checkpoints: { where, metric } };
  const past = { attempts: [attempt(1, runDir)], submission };
  const { point, warnings } = await nextResumePoint({ from: 'newest' }, past, inspect);
  return { ...point, path: point === null ? null : point.path.slice(runDir.length + 1), warnings };
}

describe('what each stack writes is found, with its step, and goes on in its own way', () => {
  test.each<[stack: Preset, path: string, step: number, files: Record<string, Buffer | string>]>([
    ['hf', 'out/checkpoint-500', 500, below('out/checkpoint-500', huggingFace(500))],
    ['accelerate', 'checkpoints/checkpoint_3', 3, below('checkpoints/checkpoint_3', accelerated())],
    ...file('lightning', 'lightning_logs/version_0/checkpoints/epoch=1-step=20.ckpt', 20, torch(20)),
    ...file('lightning', 'checkpoints/last.ckpt', 321, torch(321)),
    ...file('timm', 'train/x/checkpoint-7.pth.tar', 7, torch(7, 'epoch')),
    [
      'keras',
      'backup',
      4,
      below('backup', {
        'latest.weights.h5': hdf5(512),
        'training_metadata.json': '{"epoch": 4, "batch": 0}',
      }),
    ],
    ['tfjs', 'model-12', 12, below('model-12', tfjs())],
    ...file('nanogpt', 'out/ckpt.pt', 2000, torch(2000, 'iter_num')),
    ...file('torch', 'checkpoints/last.pt', 60, torch(60, 'step')),
    ...file('torch', 'weights/epoch_12.pth', 12, zip({ 'a/data.pkl': Buffer.from('.') })),
  ])('%s: %s', async (stack, path, step, files) => {
    put(runDir, { ...files, 'logs/last.pt': torch(9), '.expd/last.pt': torch(9), 'samples/1.png': 'x' });
    expect(await newest()).toMatchObject({ path, step, argument: null, warnings: [] });
    const chosen = await newest({ where: stack });
    expect(chosen).toMatchObject({ path, step });
    const way = WAYS[stack];
    expect(chosen).toMatchObject({ argument: way.argument, inPlace: way.inPlace ? path : null });
    expect(await newest({ where: stack === 'hf' ? 'timm' : 'hf' })).toMatchObject({ path: null });
  });

  test('what was asked for wins', async () => {
    put(runDir, below('out/checkpoint-500', huggingFace(500)));
    expect(await newest({ where: 'hf' }, '--go {ckpt}')).toMatchObject({
      argument: '--go {ckpt}',
      inPlace: null,
    });
    expect(await newest({ where: 'hf' }, 'in-place')).toMatchObject({
      argument: null,
      inPlace: 'out/checkpoint-500',
    });
  });
});

describe('a newer one that is not whole: the one before it, with a warning where it looked complete', () => {
  const at = (step: number, ...rest: string[]): string => join(runDir, 'out', `checkpoint-${step}`, ...rest);
  beforeEach(() => {
    put(runDir, {
      ...below('out/checkpoint-100', huggingFace(100)),
      ...below('out/checkpoint-200', huggingFace(200)),
    });
  });

  test.each<[what: string, damage: () => void, warned: RegExp | null]>([
    ['no state yet', () => rmSync(at(200, 'trainer_state.json')), null],
    ['its own sentinel', () => writeFileSync(at(200, 'checkpoint-is-incomplete.txt'), ''), null],
    ['no model', () => rmSync(at(200, 'model.safetensors')), null],
    ['less than the one before', () => rmSync(at(200, 'rng_state.pth')), null],
    ['cut short', () => truncateSync(at(200, 'model.safetensors'), 90), /bytes instead of/],
    ['torn zip', () => truncateSync(at(200, 'optimizer.pt'), 100), /not written whole/],
    ['flipped byte', () => flip(at(200, 'optimizer.pt'), 150), /checksum differs/],
    ['empty file', () => truncateSync(at(200, 'rng_state.pth'), 0), /rng_state.pth is empty/],
    [
      'zeros',
      () => writeFileSync(at(200, 'rng_state.pth'), Buffer.alloc(300)),
      /rng_state.pth: it begins with zeros/,
    ],
    ['a link in it', () => link(at(200, 'rng_state.pth')), /not a regular file/],
    ['a link in its place', () => link(at(200)), null],
  ])('%s', async (_, damage, warned) => {
    expect(await newest()).toMatchObject({ step: 200 });
    damage();
    const found = await newest();
    expect(found).toMatchObject({ step: 100, path: 'out/checkpoint-100' });
    expect(found.warnings).toEqual(warned === null ? [] : [expect.stringMatching(warned)]);
  });
});

test('a data set beside or below hides no checkpoint; each run directory is looked through for itself', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`${n}.txt`, '']));
  put(runDir, {
    ...below('1/cache', many),
    ...below('1/a/b', many),
    ...{ '1/checkpoints/ckpt_7.pt': torch(7), '2/checkpoints/ckpt_8.pt': torch(8) },
  });
  const past = [attempt(1, join(runDir, '1')), attempt(2, join(runDir, '2'))];
  const found = scan(placesOf(past, {}, 1), Number.POSITIVE_INFINITY, 20);
  expect(found.map(({ step }) => step)).toEqual([7, 8]);
});

test('HDF5 and TensorFlow.js: bytes that the file itself says are missing', async () => {
  put(runDir, { 'backup/latest.weights.h5': hdf5(512), 'backup/training_metadata.json': '{"epoch": 4}' });
  truncateSync(join(runDir, 'backup/latest.weights.h5'), 500);
  expect((await newest()).warnings).toEqual([expect.stringContaining('500 bytes instead of 512')]);
  rmSync(join(runDir, 'backup'), { recursive: true });
  put(runDir, below('model-12', tfjs()));
  truncateSync(join(runDir, 'model-12/weights.bin'), 20);
  expect((await newest()).warnings).toEqual([expect.stringContaining('20 bytes instead of 24')]);
});

test('accelerate: its last file cut short', async () => {
  const states = { 'random_states_0.pkl': torch(1, 'step') };
  put(runDir, below('out/step_10', { ...accelerated(), ...states }));
  put(runDir, below('out/step_20', { ...accelerated(), ...states }));
  expect(await newest()).toMatchObject({ step: 20 });
  truncateSync(join(runDir, 'out/step_20/random_states_0.pkl'), 100);
  expect(await newest()).toMatchObject({ step: 10, warnings: [expect.stringMatching(/random_states_0/)] });
});

test('Keras with double_checkpoint: of a file and its copy one is whole', async () => {
  const whole = () =>
    put(
      runDir,
      below('backup', {
        ...{ 'latest.weights.h5': hdf5(512), 'latest.weights.h5.bkp': hdf5(512) },
        ...{ 'training_metadata.json': '{"epoch": 4}', 'training_metadata.json.bkp': '{"epoch": 4}' },
      }),
    );
  const torn = (name: string): void => truncateSync(join(runDir, 'backup', name), 500);
  whole();
  torn('latest.weights.h5.bkp');
  expect(await newest()).toMatchObject({ path: 'backup', step: 4, warnings: [] });
  whole();
  torn('latest.weights.h5');
  expect(await newest()).toMatchObject({ path: 'backup', step: 4, warnings: [] });
  torn('latest.weights.h5.bkp');
  expect((await newest()).warnings).toEqual([expect.stringContaining('500 bytes instead of 512')]);
});

describe('of several', () => {
  test('a manifest goes before what only looks like a checkpoint, best ones come last', async () => {
    put(runDir, { 'checkpoints/best.pt': torch(900) }, 5000);
    put(runDir, { 'checkpoints/ckpt_800.pt': torch(800) }, 4000);
    expect(await newest()).toMatchObject({ step: 800 });
    put(runDir, below('checkpoints/step-00000007', plain(7)), 1000);
    expect(await newest()).toMatchObject({ step: 7 });
  });

  test('within a series by step, between series what was written last', async () => {
    put(runDir, { 'a/ckpt_300.pt': torch(300) }, 1000);
    put(runDir, { 'a/ckpt_200.pt': torch(200) }, 2000);
    put(runDir, { 'b/epoch=1-step=5.ckpt': torch(5) }, 1500);
    expect(await newest()).toMatchObject({ path: 'a/ckpt_300.pt' });
    put(runDir, { 'b/epoch=1-step=6.ckpt': torch(6) }, 2500);
    expect(await newest()).toMatchObject({ path: 'b/epoch=1-step=6.ckpt' });
  });

  test.each([
    ['checkpoints/epoch=0-step=64.ckpt', 'checkpoints/last.ckpt', 'checkpoints/epoch=9-step=704.ckpt'],
    ['out/checkpoint-1.pth.tar', 'out/last.pth.tar', 'out/checkpoint-12.pth.tar'],
    ['w/model_64.pt', 'w/latest.pt', 'w/model_704.pt'],
  ])('the few best are numbered, the last is not: %s, %s', async (best, last, later) => {
    put(runDir, { [best]: torch(64) }, 1000);
    put(runDir, { [last]: torch(640) }, 2000);
    expect(await newest()).toMatchObject({ path: last, step: 640 });
    put(runDir, { [later]: torch(704) }, 3000);
    expect(await newest()).toMatchObject({ path: later });
    put(runDir, { [last]: torch(704) }, 3000);
    truncateSync(join(runDir, later), 100);
    expect(await newest()).toMatchObject({ path: last, step: 704 });
  });

  test('what the run told counts, whatever it is called; what it says is elsewhere does not', async () => {
    const outside = put(mkdtempSync(join(tmpdir(), 'expd-outside-')), { 'x.bin': 'weights' });
    const line = (fields: object): string => `${JSON.stringify({ event: 'checkpoint', ...fields })}\n`;
    put(runDir, {
      'weights/a.bin': 'weights',
      'metrics/metrics.jsonl':
        line({ step: 40, path: 'weights/a.bin', metrics: { 'val/loss': 0.5 } }) +
        line({ step: 99, path: join(outside, 'x.bin') }) +
        line({ step: 98, path: '../x.bin' }) +
        'not json\n{"event":"checkpoint","step":97,"path":"weights/a.b',
    });
    expect(await newest()).toMatchObject({ path: 'weights/a.bin', step: 40 });
    rmSync(outside, { recursive: true });
  });
});

test('a chosen step is found where only the contents of a file say it', async () => {
  put(runDir, { 'w/last.ckpt': torch(640), 'w/epoch=0-step=64.ckpt': torch(64) });
  const past = { attempts: [attempt(1, runDir)], submission: { cwd: '/', resumeArg: null } };
  const found = (choice: ResumeChoice) => nextResumePoint(choice, past, inspect);
  const chosen = async (what: string) => (await found({ from: 'chosen', what })).point;
  expect((await found({ from: 'newest' })).judged[0]?.candidate.step).toBe(640);
  expect(await chosen('640')).toMatchObject({ path: join(runDir, 'w/last.ckpt'), step: 640 });
  expect(await chosen('64')).toMatchObject({ step: 64 });
  await expect(chosen('65')).rejects.toMatchObject({ code: 'not_found' });
});

describe('the best', () => {
  const best = async (metric: CheckpointWishes['metric']): Promise<string> => {
    const submission = { cwd: '/', resumeArg: null, checkpoints: { where: null, metric } };
    const past = { attempts: [attempt(1, runDir)], submission };
    const { point } = await nextResumePoint({ from: 'chosen', what: 'best' }, past, inspect);
    return basename(point!.path);
  };

  test('by what checkpoints state: of ties the earlier, NaN never', async () => {
    const losses = { 100: '0.5', 200: '0.25', 300: '0.25', 400: 'NaN' };
    for (const [step, loss] of Object.entries(losses))
      put(
        runDir,
        below(`out/checkpoint-${step}`, { ...huggingFace(Number(step)), ...stated(Number(step), loss) }),
      );
    expect(await newest()).toMatchObject({ step: 400 });
    expect(await best({ name: 'eval_loss', mode: 'min' })).toBe('checkpoint-200');
    expect(await best({ name: 'eval_loss', mode: 'max' })).toBe('checkpoint-100');
    await expect(best({ name: 'acc', mode: 'max' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(best(null)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('by the metrics file: the value of its step, else the last before it', async () => {
    const values = [
      [10, 0.9],
      [20, 0.3],
      [30, 'NaN'],
      [40, 0.5],
    ] as const;
    put(runDir, {
      'metrics/metrics.jsonl': values
        .map(([step, loss]) => `{"step": ${step}, "val/loss": ${loss}}\n`)
        .join(''),
      'checkpoints/ckpt_12.pt': torch(12),
      'checkpoints/ckpt_23.pt': torch(23),
      'checkpoints/ckpt_30.pt': torch(30),
      'checkpoints/ckpt_40.pt': torch(40),
      'checkpoints/ckpt_400.pt': torch(400),
    });
    expect(await best({ name: 'val/loss', mode: 'min' })).toBe('ckpt_23.pt');
    expect(await best({ name: 'val/loss', mode: 'max' })).toBe('ckpt_12.pt');
  });

  test("by the script's own event files: what is superseded does not count", async () => {
    const curves = join(runDir, 'curves');
    const writer = new EventWriter(curves);
    for (const [step, loss] of [
      [10, 0.4],
      [20, 0.1],
      [30, 0.3],
    ] as const)
      writer.scalar('val/loss', loss, step);
    writer.close();
    await writeMarker(curves, 20);
    const again = new EventWriter(curves);
    again.scalar('val/loss', 0.5, 20);
    again.scalar('val/loss', 0.2, 30);
    again.close();
    for (const step of [10, 20, 30]) put(runDir, { [`checkpoints/ckpt_${step}.pt`]: torch(step) });
    const metric = { name: 'val/loss', mode: 'min' } as const;
    const submission = { cwd: '/', resumeArg: null, checkpoints: { where: null, metric } };
    const past = { attempts: [attempt(1, runDir)], submission, curves };
    const { point } = await nextResumePoint({ from: 'chosen', what: 'best' }, past, inspect);
    expect(point).toMatchObject({ step: 30 });
  });

  test('without a metric the file that is called so', async () => {
    put(runDir, { 'w/model_best.pth.tar': torch(5), 'w/last.pth.tar': torch(9) });
    expect(await best(null)).toBe('model_best.pth.tar');
  });
});

describe('a place that two runs use, one after the other', () => {
  const where = (): string => join(runDir, 'shared/checkpoint-*');
  const of = async (windows: [from: number, to: number | null][]): Promise<number | null | undefined> => {
    const attempts = windows.map(([from, to], n) => attempt(n + 1, join(runDir, `run-${n}`), from, to));
    const submission = { cwd: '/', resumeArg: null, checkpoints: { where: where(), metric: null } };
    return (await nextResumePoint({ from: 'newest' }, { attempts, submission }, inspect)).point?.step;
  };

  test('its own are those that were written while one of its attempts was there', async () => {
    for (const [step, at] of [
      [100, 1000],
      [200, 2000],
      [300, 3000],
      [400, 4000],
    ] as const)
      put(runDir, below(`shared/checkpoint-${step}`, huggingFace(step)), at);
    expect(await of([[500, 1500]])).toBe(100);
    expect(await of([[1600, 2500]])).toBe(200);
    expect(
      await of([
        [500, 1500],
        [2600, 3500],
      ]),
    ).toBe(300);
    expect(await of([[3600, null]])).toBe(400);
    expect(await of([[4600, null]])).toBeUndefined();
  });
});

test('the first step that is logged after a resume: the next, or the same where steps are counted from zero', async () => {
  put(runDir, below('out/checkpoint-500', huggingFace(500)));
  expect(await newest()).toMatchObject({ step: 500, logsFrom: 501 });
  put(runDir, { 'checkpoints/epoch=0-step=5.ckpt': torch(5) }, 2000);
  expect(await newest()).toMatchObject({ step: 5, logsFrom: 5 });
  put(runDir, { 'weights/1.bin': 'x' }, 3000);
  expect(await newest({ where: '{run_dir}/weights/*.bin' })).toMatchObject({ step: null, logsFrom: null });
});

test.each<[name: string, steps: boolean]>([
  ['step-00000100', true],
  ['checkpoint-500', true],
  ['epoch=1-step=20.ckpt', true],
  ['ckpt.pt', true],
  ['step_100', true],
  ['iter_100.pt', true],
  ['epoch_3', false],
  ['checkpoint_3', false],
  ['checkpoint-7.pth.tar', false],
  ['epoch_12.pth', false],
  ['model_12.pt', false],
  ['last.pt', false],
  ['backup', false],
])('%s: whether its number is of a step that is logged', (name, steps) =>
  expect(countsSteps(name)).toBe(steps),
);

test("beside the curves, as with Lightning's logger: what was written while an attempt was there", async () => {
  const curves = join(runDir, 'curves');
  put(curves, { 'checkpoints/epoch=0-step=20.ckpt': torch(20), 'events.out.tfevents.1.host.1.0': 'x' }, 2000);
  put(curves, { 'checkpoints/epoch=1-step=40.ckpt': torch(40) }, 4000);
  const submission = { cwd: '/', resumeArg: null };
  const past = { attempts: [attempt(1, join(runDir, 'run'), 1000, 3000)], submission, curves };
  const { point } = await nextResumePoint({ from: 'newest' }, past, inspect);
  expect(point?.path).toBe(join(curves, 'checkpoints/epoch=0-step=20.ckpt'));
  expect((await gainOf(past.attempts[0]!, past, inspect)).progressed).toBe(true);
  expect(await isUntouched(join(runDir, 'run'), 1, curves)).toBe(false);
});

test('a metric that was measured half a million times', async () => {
  const lines = Array.from({ length: 500_000 }, (_, step) => `{"step":${step},"val/loss":${step % 7}}\n`);
  put(runDir, { 'metrics/metrics.jsonl': lines.join('') });
  for (const step of [100_000, 400_000])
    put(runDir, below(`out/checkpoint-${step}`, { ...huggingFace(step), 'trainer_state.json': '{}' }));
  const submission = {
    ...{ cwd: '/', resumeArg: null },
    checkpoints: { where: null, metric: { name: 'val/loss', mode: 'min' as const } },
  };
  const past = { attempts: [attempt(1, runDir)], submission };
  const { point } = await nextResumePoint({ from: 'chosen', what: 'best' }, past, inspect);
  expect(point?.step).toBe(100_000); // 5, and then 6
}, 30_000);

test('a copy that was made for a later attempt stands for its original only where that is gone', async () => {
  const first = put(join(runDir, '1'), { 'out/ckpt.pt': torch(50, 'iter_num') });
  const second = join(runDir, '2');
  await inspect('copy', { from: join(first, 'out/ckpt.pt'), to: second, below: 'out/ckpt.pt' });
  expect(readFileSync(join(second, 'out/ckpt.pt'))).toEqual(readFileSync(join(first, 'out/ckpt.pt')));
  const past = {
    attempts: [attempt(1, first), attempt(2, second)],
    submission: { cwd: '/', resumeArg: null },
  };
  const from = async () => (await nextResumePoint({ from: 'newest' }, past, inspect)).point?.path;
  expect(await from()).toBe(join(first, 'out/ckpt.pt'));
  rmSync(first, { recursive: true });
  expect(await from()).toBe(join(second, 'out/ckpt.pt'));
  put(second, { 'out/ckpt.pt': torch(60, 'iter_num') }, 9000);
  expect(await from()).toBe(join(second, 'out/ckpt.pt'));
});

test('what a program that looks by itself would find instead of the checkpoint that it is to go on from', async () => {
  const whole = { 'latest.weights.h5': hdf5(512), 'training_metadata.json': '{"epoch": 4}' };
  put(runDir, { ...below('backup', whole), ...below('out/checkpoint-500', huggingFace(500)) });
  mkdirSync(join(runDir, '.expd/attempts'), { recursive: true });
  const past = (resumeArg: string | null = null) => ({
    attempts: [attempt(1, runDir)],
    submission: { cwd: '/', resumeArg },
  });
  const instead = async (choice: ResumeChoice, resumeArg: string | null = null) => {
    const { point } = await nextResumePoint(choice, past(resumeArg), inspect);
    const paths = await misleading(point, past(resumeArg), inspect);
    return paths.map((path) => path.slice(runDir.length + 1)).sort();
  };
  expect(await instead({ from: 'chosen', what: 'backup' })).toEqual([]);
  // From the start: the Trainer is told by its argument, Keras looks.
  expect(await instead({ from: 'nothing' })).toEqual(['backup']);
  expect(await instead({ from: 'nothing' }, '--resume {ckpt}')).toEqual([]);
  // The Trainer's is the newer one.
  expect(await instead({ from: 'newest' }, 'in-place')).toEqual([]);
  expect(await instead({ from: 'chosen', what: 'backup' }, 'in-place')).toEqual(['out/checkpoint-500']);
  rmSync(join(runDir, 'out'), { recursive: true });
  truncateSync(join(runDir, 'backup/latest.weights.h5'), 100);
  expect(await instead({ from: 'newest' })).toEqual(['backup']);
});

test('while an attempt is there, what has no manifest counts once it is quiet', async () => {
  put(runDir, { 'out/ckpt.pt': torch(50), ...below('checkpoints/step-00000007', plain(7)) }, 5000);
  const places = {
    runDirs: [{ attempt: 1, runDir, since: 0, metricsFile: join(runDir, 'none') }],
    ...{ only: null, pattern: null, curves: null, windows: [], metric: null },
  };
  const missing = async (settled: number) =>
    (await inspect('scan', { places, settled })).map(({ missing }) => missing);
  expect(await missing(4000)).toEqual([null, 'it is still being written']);
  expect(await missing(6000)).toEqual([null, null]);
});

function below(directory: string, files: Record<string, Buffer | string>): Record<string, Buffer | string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [`${directory}/${name}`, content]),
  );
}

const file = (stack: Preset, path: string, step: number, content: Buffer) =>
  [[stack, path, step, { [path]: content }]] satisfies [Preset, string, number, Record<string, Buffer>][];

/** Of an empty file. */
const plain = (step: number): Record<string, string> => ({
  w: '',
  'MANIFEST.json': JSON.stringify({
    ...{ v: 1, step },
    files: { w: { size: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' } },
  }),
});

const stated = (step: number, loss: string): Record<string, string> => ({
  'trainer_state.json': `{"global_step": ${step}, "log_history": [{"step": ${step}, "eval_loss": ${loss}}]}`,
});

function flip(path: string, at: number): void {
  const content = readFileSync(path);
  content[at]! ^= 1;
  writeFileSync(path, content);
}

function link(path: string): void {
  renameSync(path, `${path}.real`);
  symlinkSync(`${path}.real`, path);
}

test('a copy that could not be made leaves nothing, and says why', async () => {
  const to = put(join(runDir, 'to'), { out: 'a file' });
  const from = put(join(runDir, 'from'), { w: 'x' });
  await expect(inspect('copy', { from, to, below: 'out/ckpt' })).rejects.toThrow(/EEXIST|ENOTDIR/);
  await expect(inspect('copy', { from: '/nonexistent', to, below: 'ckpt' })).rejects.toThrow(/ENOENT/);
  expect(readdirSync(to)).toEqual(['out']);
});
