import { beforeAll, expect, test } from 'vitest';
import { Codebook, perplexity } from '../../../src/trainers/codebook.js';
import { openCpu } from '../../../src/trainers/engine/bundled.js';
import type { Tf } from '../../../src/trainers/engine/tfjs.js';
import { Random } from '../../../src/trainers/random.js';

let tf: Tf;
beforeAll(async () => {
  ({ tf } = await openCpu());
});

const OPTIONS = { words: 3, width: 2, decay: 0.5 };

function bookOf(words: number[]): Codebook {
  const codebook = new Codebook(tf, OPTIONS, Random.of(1, 'book'));
  for (const variable of [codebook.book, codebook.moments['book.sum']!])
    variable.assign(tf.tensor2d(words, [3, 2]));
  return codebook;
}

test('the nearest word, one-hot', () => {
  const codebook = bookOf([0, 0, 4, 0, 0, 4]);
  const vectors = tf.tensor2d([1, 0, 3, 0.5, -1, 5, 0, -9], [4, 2]);
  expect(codebook.nearest(vectors).arraySync()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
  ]);
});

test('a word moves to the mean of what chose it; one that nobody chose stays, and fades', () => {
  const codebook = bookOf([0, 0, 4, 0, 0, 4]);
  const vectors = tf.tensor2d([1, 1, 3, 1, 4, 2], [3, 2]);
  for (let step = 0; step < 30; step++) codebook.learn(codebook.nearest(vectors), vectors);
  const book = codebook.book.arraySync() as number[][];
  [1, 1, 3.5, 1.5].forEach((x, at) => void expect(book.flat()[at]).toBeCloseTo(x, 3));
  expect(codebook.moments['book.count']!.dataSync()[2]).toBeLessThan(1e-6);
});

test('idle words are put upon vectors, the others stay where they are', () => {
  const codebook = bookOf([0, 0, 4, 0, 0, 4]);
  codebook.moments['book.count']!.assign(tf.tensor1d([1, 0.4, 0.6]));
  codebook.rouse(tf.tensor2d([7, 8], [1, 2]), Random.of(1, 'batches'));
  expect(codebook.book.arraySync()).toEqual([
    [0, 0],
    [7, 8],
    [0, 4],
  ]);
  expect(codebook.moments['book.count']!.dataSync()[1]).toBe(1);
});

test('perplexity: how many words are in use', () => {
  const chosen = (words: number[]) => tf.cast(tf.oneHot(tf.tensor1d(words, 'int32'), 4), 'float32');
  expect(perplexity(tf, chosen([2, 2, 2]))).toBeCloseTo(1, 6);
  expect(perplexity(tf, chosen([0, 1, 2, 3]))).toBeCloseTo(4, 5);
});
