import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answers } from '../../../conformance/answers.js';
import { CORPORA, questionsOf } from './cases.js';
import { fileOf, TREES } from './places.js';
import { render } from './render.js';

// What the real Hydra answered about trees of the kinds that people have; recorded by `npm run hydra:record`.

const answer = answers(TREES);

test.each(CORPORA)('$tree composes as recorded', (corpus) => {
  const questions = questionsOf(corpus);
  expect(render(questions, questions.map(answer))).toBe(readFileSync(fileOf(corpus.tree), 'utf8'));
});
