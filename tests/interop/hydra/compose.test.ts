import { afterAll, expect } from 'vitest';
import { answers } from '../../conformance/answers.js';
import { interopPython } from '../../helpers/interop-python.js';
import { random } from '../../helpers/random.js';
import { difference } from './differ.js';
import { QUESTIONS } from './generate/questions.js';
import { OraclePool, type Question } from './oracle.js';
import { shrink } from './shrink.js';

// Random questions, answered by the real Hydra and OmegaConf and by ours. By hand: `EXPD_INTEROP_CASES=100000` asks
// more, `EXPD_TEST_SEED=7` others, beginning with the one of that number.

const { python, test } = interopPython('training');
const CASES = Number(process.env.EXPD_INTEROP_CASES ?? 2000);
const SEED = Number(process.env.EXPD_TEST_SEED ?? 1);
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
      for (let first = 0; first < count; first += BATCH) {
        const seeds = Array.from({ length: Math.min(BATCH, count - first) }, (_, n) => SEED + first + n);
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

const differs = async (question: Question): Promise<string | null> =>
  difference(await pool().ask(question), ours(question));
