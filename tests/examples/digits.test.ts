import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkpointsIn, faultsOf, newestValid } from './plain-checkpoint.js';
import {
  type Attempt,
  attemptUnder,
  type Ending,
  metricsOf,
  node,
  python3,
  pythonIsMissing,
  straceIsMissing,
  type Trainer,
  train,
} from './trainers.js';

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1e6);
const root = mkdtempSync(join(tmpdir(), 'digits-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Small enough to be run a hundred times: two checkpoints, and reports that fall between them. */
const TINY = '--steps 4 --checkpoint-every 2 --log-every 3 --hidden 8 --batch-size 4'.split(' ');
/** A line and a checkpoint in quick alternation, and so many of them that a signal after 75 lines comes in time. */
const DENSE = '--steps 140 --checkpoint-every 2 --log-every 1 --hidden 8 --batch-size 8'.split(' ');

describe.each([
  { trainer: node, steps: 600, missing: false },
  { trainer: python3, steps: 600, missing: pythonIsMissing },
])('$trainer.name', ({ trainer, steps, missing }) => {
  test.skipIf(missing)('reads at least 95 of 100 digits that it has not seen', async () => {
    const attempt = attemptUnder(root);
    const ending = await train(trainer, attempt, ['--steps', String(steps)]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const metrics = metricsOf(attempt);
    expect(metrics.at(-2)).toMatchObject({ step: steps, 'test/accuracy': expect.any(Number) });
    expect(metrics.at(-2)?.['test/accuracy']).toBeGreaterThanOrEqual(0.95);
    expect(metrics.at(-1)).toEqual({ event: 'done' });
  });

  test.skipIf(missing)(
    `killed at random and resumed, it ends with the same bytes (TEST_SEED=${seed})`,
    async () => {
      const left = await undisturbed(trainer, DENSE);
      const attempts: Attempt[] = [];
      for (const line of randomLines(3, 25)) {
        const resumeFrom = newestValid(attempts.map((a) => a.checkpoints));
        const attempt = attemptUnder(root);
        attempts.push(attempt);
        const killed = await train(trainer, attempt, DENSE, {
          resumeFrom,
          onLine: (n) => (n === line ? 'SIGKILL' : undefined),
        });
        expect(killed.signal).toBe('SIGKILL');
      }
      const last = attemptUnder(root);
      const resumeFrom = newestValid(attempts.map((a) => a.checkpoints));
      expect(resumeFrom).toBeDefined();
      const ending = await train(trainer, last, DENSE, { resumeFrom });

      expect(ending.lines[0]).toContain('resumed from step');
      expectSameEnd({ attempt: last, ending }, left);
      // One curve: for each step the newest word counts, and it is what the undisturbed training said.
      expect(curve([...attempts, last])).toEqual(curve([left.attempt]));
    },
  );

  test.skipIf(missing)('asked to stop, it saves, exits 75 and is not done', async () => {
    const left = await undisturbed(trainer, DENSE);
    const attempt = attemptUnder(root);
    const knobs = [...DENSE, '--checkpoint-every', '1000'];
    const stopped = await train(trainer, attempt, knobs, {
      onLine: (n) => (n === 8 ? 'SIGTERM' : undefined),
    });
    expect(stopped).toMatchObject({ code: 75, signal: null });
    const resumeFrom = newestValid([attempt.checkpoints]);
    expect(metricsOf(attempt).at(-1)).toMatchObject({ step: Number(resumeFrom?.slice(-8)) });

    const second = attemptUnder(root);
    expectSameEnd({ attempt: second, ending: await train(trainer, second, DENSE, { resumeFrom }) }, left);
  });

  test.skipIf(missing)('resumed from its last checkpoint, it only ends', async () => {
    const left = await undisturbed(trainer, TINY);
    const second = attemptUnder(root);
    const ending = await train(trainer, second, TINY, {
      resumeFrom: newestValid([left.attempt.checkpoints]),
    });
    expectSameEnd({ attempt: second, ending }, left);
    expect(checkpointsIn(second.checkpoints)).toEqual([]);
  });

  test.skipIf(missing)(
    'refuses a damaged checkpoint, another network and a knob that is no number',
    async () => {
      const { attempt } = await undisturbed(trainer, TINY);
      const resumeFrom = newestValid([attempt.checkpoints]);
      const other = await train(trainer, attemptUnder(root), [...TINY, 'hidden=9'], { resumeFrom });
      expect(other).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^\S+: cannot resume from .* 8 hidden units.*\n$/),
      });

      flipByte(join(resumeFrom ?? '', 'velocity.bin'));
      const damaged = await train(trainer, attemptUnder(root), TINY, { resumeFrom });
      expect(damaged).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^\S+: cannot resume from .*velocity\.bin.*\n$/),
      });

      const typo = await train(trainer, attemptUnder(root), ['lr=fast']);
      expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('fast') });
    },
  );

  test.skipIf(missing)('in the directory of an earlier attempt it mends what it finds', async () => {
    const { attempt } = await undisturbed(trainer, TINY);
    const [first, second] = checkpointsIn(attempt.checkpoints);
    flipByte(join(second ?? '', 'weights.bin'));
    writeFileSync(join(second ?? '', 'stray'), '');
    appendFileSync(attempt.metrics, '{"step":');
    const ending = await train(trainer, attempt, TINY, { resumeFrom: first });
    expect(ending.code).toBe(0);
    expect(checkpointsIn(attempt.checkpoints).flatMap(faultsOf)).toEqual([]);
    const lines = readFileSync(attempt.metrics, 'utf8').split('\n');
    expect(lines.filter((line) => line === '{"step":')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('"step"') && line.startsWith('{"step":{'))).toEqual([]);
  });

  test.skipIf(missing || straceIsMissing)(
    'killed at any step of saving, the newest checkpoint loads',
    async () => {
      const left = await undisturbed(trainer, TINY);
      const killed = { mkdir: 0, fsync: 0, rename: 0 };
      for (const call of ['mkdir', 'fsync', 'rename'] as const) {
        for (let nth = 1; await killedAt(call, nth); nth++) killed[call]++;
      }
      // Two checkpoints and the weights at the end; fewer points would mean that steps of the recipe are missing:
      // the curve, three files, manifest, directory and parent.
      expect(killed).toEqual({ mkdir: expect.any(Number), fsync: 2 * 7 + 2, rename: 2 + 1 });
      expect(killed.mkdir).toBeGreaterThanOrEqual(2);

      /** Kills before the nth such call; false: the training ended before it came to that. */
      async function killedAt(call: string, nth: number): Promise<boolean> {
        const attempt = attemptUnder(root);
        const calls = `?${call},?${call}at,?${call}at2`; // arm64 has only the newer ones
        const options = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`];
        const under = ['strace', ...options, '-e', `inject=${calls}:signal=KILL:when=${nth}`];
        const hit = await train(trainer, attempt, TINY, { under });
        if (hit.code === 0) return false;
        expect(hit).toMatchObject({ signal: 'SIGKILL', stderr: '' });
        const named = checkpointsIn(attempt.checkpoints);
        expect(named.map(faultsOf), `${call} ${nth}`).toEqual(named.map(() => []));
        if (call === 'rename') expect(named).toHaveLength(Math.min(nth - 1, 2));

        const ending = await train(trainer, attempt, TINY, {
          resumeFrom: newestValid([attempt.checkpoints]),
        });
        expectSameEnd({ attempt, ending }, left);
        expect(curve([attempt])).toEqual(curve([left.attempt]));
        expect(readdirSync(attempt.checkpoints).filter((name) => name.startsWith('.tmp'))).toEqual([]);
        return true;
      }
    },
  );
});

test.skipIf(pythonIsMissing)('either trainer goes on from the checkpoint of the other', async () => {
  const knobs = ['--hidden', '32', '--checkpoint-every', '200'];
  const first = attemptUnder(root);
  await train(node, first, [...knobs, '--steps', '200']);
  const second = attemptUnder(root);
  const inPython = await train(python3, second, [...knobs, '--steps', '400'], {
    resumeFrom: newestValid([first.checkpoints]),
  });
  expect(inPython).toMatchObject({ code: 0, stderr: '' });
  const third = attemptUnder(root);
  const inNode = await train(node, third, [...knobs, '--steps', '600'], {
    resumeFrom: newestValid([second.checkpoints]),
  });
  expect(inNode).toMatchObject({ code: 0, stderr: '' });
  expect(inNode.lines[0]).toContain('resumed from step 400');
  expect(metricsOf(third).at(-2)?.['test/accuracy']).toBeGreaterThan(0.9);
});

test('the images are the ones that their README names', () => {
  const data = join(import.meta.dirname, '../../examples/digits/data');
  const hash = createHash('sha256')
    .update(readFileSync(join(data, 'digits.csv.gz')))
    .digest('hex');
  expect(readFileSync(join(data, 'README.md'), 'utf8')).toContain(hash);
});

interface Ended {
  attempt: Attempt;
  ending: Ending;
}

async function undisturbed(trainer: Trainer, knobs: string[]): Promise<Ended> {
  const attempt = attemptUnder(root);
  const ending = await train(trainer, attempt, knobs);
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  expect(checkpointsIn(attempt.checkpoints).flatMap(faultsOf)).toEqual([]);
  return { attempt, ending };
}

function expectSameEnd(one: Ended, other: Ended): void {
  expect(one.ending).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(one.attempt.weights).equals(readFileSync(other.attempt.weights))).toBe(true);
  expect(metricsOf(one.attempt).at(-1)).toEqual({ event: 'done' });
  const hash = ({ ending }: Ended) => ending.lines.at(-1)?.match(/^weights sha256 ([0-9a-f]{64}) /)?.[1];
  expect(hash(one)).toMatch(/./);
  expect(hash(one)).toBe(hash(other));
}

/** The metrics of all attempts by step and name, the later attempt's word over the earlier's. */
function curve(attempts: Attempt[]): Record<string, unknown> {
  const points = attempts.filter((attempt) => existsSync(attempt.metrics)).flatMap(metricsOf);
  return Object.fromEntries(
    points.flatMap(({ step, ...values }) =>
      Object.entries(values).map(([name, value]) => [`${step} ${name}`, value]),
    ),
  );
}

function randomLines(count: number, below: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) * below);
  });
}

function flipByte(file: string): void {
  const content = readFileSync(file);
  content.writeUInt8(content.readUInt8(content.length >> 1) ^ 1, content.length >> 1);
  writeFileSync(file, content);
}
