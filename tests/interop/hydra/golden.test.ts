import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';
import { interopPython } from '../../helpers/interop-python.js';
import { CORPORA, questionsOf } from '../../unit/hydra/golden/cases.js';
import { fileOf, TREES } from '../../unit/hydra/golden/places.js';
import { render } from '../../unit/hydra/golden/render.js';
import { Oracle } from './oracle.js';

// The recorded corpus is what the real Hydra says. `npm run hydra:record` writes it anew.

const { python, test } = interopPython('training');
const oracle = new Oracle(python, TREES);
afterAll(() => oracle.close());

for (const corpus of CORPORA)
  test(`${corpus.tree} is recorded as the real Hydra composes it`, async () => {
    const questions = questionsOf(corpus);
    const text = render(questions, await Promise.all(questions.map((question) => oracle.ask(question))));
    if (process.env.EXPD_RECORD === '1') writeFileSync(fileOf(corpus.tree), text);
    expect(text).toBe(readFileSync(fileOf(corpus.tree), 'utf8'));
  });
