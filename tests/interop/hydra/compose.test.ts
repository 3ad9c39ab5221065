import { afterAll, expect } from 'vitest';
import { answers } from '../../conformance/answers.js';
import { interopPython } from '../../helpers/interop-python.js';
import { random } from '../../helpers/random.js';
import { difference } from './differ.js';
import { QUESTIONS } from './generate/questions.js';
import { OraclePool, type Question } from './oracle.js';
import { shrink } from './shrink.js';

// Random questions, answered by the real Hydra and OmegaConf and by ours: the same ones each time, and for every nine of
// them a fresh one. By hand: `EXPD_INTEROP_CASES=100000` asks more, `EXPD_TEST_SEED=7` those from that number on.

const { python, test } = interopPython('training');
const CASES = Number(process.env.EXPD_INTEROP_CASES ?? 2000);
const GIVEN = Number(process.env.EXPD_TEST_SEED) || null;
const FRESH = GIVEN ?? Math.floor(Math.random() * 1e9);
console.log(`fresh questions: from seed ${FRESH} on (EXPD_TEST_SEED=${FRESH} repeats them)`);
const PROCESSES = Number(process.env.EXPD_INTEROP_PROCESSES ?? 2);
/** How many are asked at once. */
const BATCH = 100;

let started: OraclePool | null = null;
const pool = (): OraclePool => {
  started ??= new OraclePool(python, PROCESSES);
  return started;
};
afterAll(() => started?.close());

const ours = answers('/nonexistent');

for (const [name, { of, share }] of Object.entries(QUESTIONS))
  test(
    `${name} are answered alike`,
    async () => {
      const count = Math.max(1, Math.round((CASES * share) / 100));
      const all = seedsOf(count);
      for (let first = 0; first < count; first += BATCH) {
        const seeds = all.slice(first, first + BATCH);
        const questions = seeds.map((seed) => of(random(seed)));
        const found = await Promise.all(questions.map(differs));
        const index = found.findIndex((text) => text !== null);
        if (index < 0) continue;
        const smallest = await shrink(
          questions[index]!,
          async (question) => (await differs(question)) !== null,
        );
        expect.fail(
          `with EXPD_TEST_SEED=${seeds[index]}\n${JSON.stringify(smallest, null, 1)}\n${await differs(smallest)}`,
        );
      }
    },
    60_000 + CASES * 200,
  );

function seedsOf(count: number): number[] {
  const fixed = GIVEN === null ? Math.ceil(count * 0.9) : 0;
  return Array.from({ length: count }, (_, n) => (n < fixed ? 1 + n : FRESH + n - fixed));
}

const differs = async (question: Question): Promise<string | null> =>
  difference(await pool().ask(question), ours(question));
