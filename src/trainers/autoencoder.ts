/*
 * An autoencoder of pictures: through a narrow place and back. latent_space=none: 16 numbers. latent_space=vq: eight
 * words from a book of 64, 48 bits in all (codebook.ts), after A. van den Oord, O. Vinyals, K. Kavukcuoglu: Neural
 * Discrete Representation Learning (arXiv:1711.00937). The loss is the mean squared error of a pixel from 0 to 1.
 */
import { AdamW } from './adamw.js';
import { Average } from './average.js';
import { Codebook, perplexity } from './codebook.js';
import { DIGIT_SIDE, digits } from './data/digits.js';
import { GREY_SPRITES, spritesOf } from './data/sprites.js';
import { measure } from './data/statistics.js';
import { grid } from './draw/grid.js';
import type { Scalar, Tensor, Tensor2D, Tf } from './engine/tfjs.js';
import { choice, real, type Values, whole } from './knobs.js';
import { type Layer, linear, meanSquaredError, weightsOf } from './layers.js';
import { Random } from './random.js';
import type { Run } from './run.js';
import { trainer } from './trainer.js';
import type { Learner } from './training.js';
import { trainingKnobs } from './training-knobs.js';
import type { Tensors, Variables } from './variables.js';

// ---- Knobs --------------------------------------------------------------------------------------------------------

const knobs = {
  latent_space: choice('none', ['none', 'vq'], 'sixteen numbers, or eight words from a book'),
  dataset: choice('digits', ['digits', 'sprites'], 'the optdigits images, 8 × 8, or drawn shapes, 16 × 16'),
  hidden: whole(128, 'units in the hidden layer on either side', 1, 4096),
  batch_size: whole(128, 'pictures per step', 1, 65_536),
  lr: real(2e-3, 'the highest learning rate; it falls to zero along a cosine'),
  warmup: whole(100, 'steps until it is reached'),
  weight_decay: real(0, 'of matrices, decoupled from the gradient'),
  ema: real(0.99, 'decay of the average of the weights', 0, 1),
  commitment: real(0.05, 'of vq: what it costs to encode beside a word'),
  ...trainingKnobs(1500),
};
type Chosen = Values<typeof knobs>;

// ---- Data: pictures [n, side²], from 0 to 1 -------------------------------------------------------------------------

function pictures(dataset: 'digits' | 'sprites', seed: number) {
  if (dataset === 'digits') return { side: DIGIT_SIDE, ...digits() };
  const drawn = (count: number, random: Random) => spritesOf(GREY_SPRITES, count, random);
  return {
    side: GREY_SPRITES.side,
    train: drawn(4096, Random.of(seed, 'training data')),
    validation: drawn(512, Random.of(0, 'validation data')),
    test: drawn(512, Random.of(0, 'test data')),
  };
}

// ---- Model: [n, pixels] → hidden (ReLU) → latent → hidden (ReLU) → [n, pixels] (sigmoid) -----------------------------

const LATENT = 16;
const BOOK = { words: 64, width: 8, decay: 0.97 };
/** Words for one picture. */
const WORDS = 8;

const layers = (pixels: number, hidden: number, latent: number): Layer[] => [
  { name: 'encode.hidden', from: pixels, to: hidden },
  { name: 'encode.out', from: hidden, to: latent, gain: 1 },
  { name: 'decode.hidden', from: latent, to: hidden },
  { name: 'decode.out', from: hidden, to: pixels, gain: 1 },
];

function encode(tf: Tf, weights: Tensors, pictures: Tensor): Tensor {
  return linear(tf, weights, 'encode.out', tf.relu(linear(tf, weights, 'encode.hidden', pictures)));
}

function decode(tf: Tf, weights: Tensors, latent: Tensor): Tensor {
  const hidden = tf.relu(linear(tf, weights, 'decode.hidden', latent));
  return tf.sigmoid(linear(tf, weights, 'decode.out', hidden));
}

/** The words in place of what was encoded; backward, as if nothing had been replaced. */
const straightThrough = (tf: Tf, latent: Tensor, words: Tensor): Tensor =>
  tf.customGrad((_latent) => ({ value: tf.clone(words), gradFunc: (slope: Tensor) => slope }))(latent);

// ---- Training -----------------------------------------------------------------------------------------------------

/** Idle words are put where they are needed so often, in this first share of the training. */
const ROUSE_EVERY = 50;
const ROUSE_UNTIL = 0.6;

/** What a batch was encoded as. */
interface Words {
  /** [n · 8, width]; of these the nearest words, one-hot [n · 8, words]. */
  vectors: Tensor;
  chosen: Tensor;
  /** The words themselves, [n, 8 · width]. */
  latent: Tensor;
}

class Autoencoder {
  readonly model: Variables;
  readonly moments: Variables;
  readonly average: Average;
  readonly #optimizer: AdamW;
  /** Of the model, what gradients change. */
  readonly #weights: Variables;
  readonly #codebook: Codebook | null;

  constructor(
    readonly tf: Tf,
    readonly knobs: Chosen,
    readonly pixels: number,
    readonly scale: { mean: number; std: number },
  ) {
    const { latent_space, hidden, seed, weight_decay: weightDecay } = knobs;
    this.#codebook = latent_space === 'vq' ? new Codebook(tf, BOOK, Random.of(seed, 'book')) : null;
    const latent = this.#codebook === null ? LATENT : WORDS * BOOK.width;
    this.#weights = weightsOf(tf, layers(pixels, hidden, latent), Random.of(seed, 'weights'));
    this.#optimizer = new AdamW(tf, this.#weights, { weightDecay });
    this.model = { ...this.#weights, ...(this.#codebook !== null && { book: this.#codebook.book }) };
    this.moments = { ...this.#optimizer.moments, ...this.#codebook?.moments };
    this.average = new Average(tf, this.model, knobs.ema);
  }

  /** One step of the optimizer (from 1); its loss. `random` draws the batch. */
  step(step: number, lr: number, pictures: Float32Array, random: Random): number {
    const { tf } = this;
    return tf.tidy(() => {
      const batch = this.#batch(pictures, random);
      const words = this.#words(this.model, encode(tf, this.model, this.#scaled(batch)));
      const { value, grads } = tf.variableGrads(() => this.#loss(batch, words), Object.values(this.#weights));
      this.#optimizer.update(grads, step, lr);
      if (words !== null) this.#codebook?.learn(words.chosen, words.vectors);
      if (words !== null && step % ROUSE_EVERY === 0 && step < ROUSE_UNTIL * this.knobs.steps)
        this.#codebook?.rouse(words.vectors, random);
      this.average.update(step);
      return value.dataSync()[0]!;
    });
  }

  /** Pictures [n, pixels] as the averaged weights give them back. */
  through(pictures: Float32Array): Float32Array {
    const { tf } = this;
    const weights = this.average.variables;
    return tf.tidy(() => {
      const { encoded, words } = this.#encoded(weights, pictures);
      return decode(tf, weights, words?.latent ?? encoded).dataSync<'float32'>();
    });
  }

  /** Of the words that they use; null without a codebook. */
  perplexity(pictures: Float32Array): number | null {
    const perplexityOf = () => {
      const { words } = this.#encoded(this.average.variables, pictures);
      return words === null ? 0 : perplexity(this.tf, words.chosen);
    };
    return this.#codebook === null ? null : this.tf.tidy(perplexityOf);
  }

  #encoded(weights: Tensors, pictures: Float32Array): { encoded: Tensor; words: Words | null } {
    const { tf, pixels } = this;
    const given = tf.tensor2d(pictures, [pictures.length / pixels, pixels]);
    const encoded = encode(tf, weights, this.#scaled(given));
    return { encoded, words: this.#words(weights, encoded) };
  }

  #loss(batch: Tensor, words: Words | null): Scalar {
    const { tf } = this;
    const encoded = encode(tf, this.#weights, this.#scaled(batch));
    if (words === null) return meanSquaredError(tf, decode(tf, this.#weights, encoded), batch);
    const seen = decode(tf, this.#weights, straightThrough(tf, encoded, words.latent));
    const beside = meanSquaredError(tf, words.latent, encoded);
    return tf.add(meanSquaredError(tf, seen, batch), tf.mul(beside, this.knobs.commitment));
  }

  /** Null without a codebook. `encoded`: [n, 8 · width]. */
  #words(weights: Tensors, encoded: Tensor): Words | null {
    const { tf } = this;
    if (this.#codebook === null) return null;
    const vectors = tf.reshape(encoded, [-1, BOOK.width]);
    const chosen = this.#codebook.nearest(vectors, weights.book!);
    const words = tf.matMul(chosen as Tensor2D, weights.book as Tensor2D);
    return { vectors, chosen, latent: tf.reshape(words, encoded.shape) };
  }

  #batch(pictures: Float32Array, random: Random): Tensor {
    const { pixels } = this;
    const rows = this.knobs.batch_size;
    const batch = new Float32Array(rows * pixels);
    for (let n = 0; n < rows; n++) {
      const from = random.below(pictures.length / pixels) * pixels;
      batch.set(pictures.subarray(from, from + pixels), n * pixels);
    }
    return this.tf.tensor2d(batch, [rows, pixels]);
  }

  #scaled(pictures: Tensor): Tensor {
    const { tf } = this;
    return tf.div(tf.sub(pictures, this.scale.mean), this.scale.std);
  }
}

/** Pictures to look at, in rows of 16: above, what went in; below, what came out. */
const [ROWS, COLUMNS] = [4, 16];

function learn(run: Run<Chosen>): Learner {
  const { knobs } = run;
  const { side, train, validation, test } = pictures(knobs.dataset, knobs.seed);
  const statistics = run.scale(measure(train, side ** 2, 1));
  const scale = { mean: statistics.mean[0]!, std: statistics.std[0]! };
  const autoencoder = new Autoencoder(run.tf, knobs, side ** 2, scale);
  const random = Random.of(knobs.seed, 'batches');
  const average = meanPicture(train, side ** 2);

  const judged = (pictures: Float32Array) => {
    const loss = squaredError(autoencoder.through(pictures), pictures);
    const perplexity = autoencoder.perplexity(pictures);
    return {
      loss,
      /** The share of what the mean picture leaves unexplained. */
      explained: 1 - loss / squaredError(average, pictures),
      /** In dB, of pixels from 0 to 1. */
      psnr: -10 * Math.log10(loss),
      ...(perplexity !== null && { perplexity }),
    };
  };

  return {
    model: autoencoder.model,
    average: autoencoder.average.variables,
    optimizer: autoencoder.moments,
    random,
    schedule: knobs,
    statistics,
    step: (step, lr) => autoencoder.step(step, lr, train, random),
    validate: () => judged(validation),
    draw: () => {
      const shown = validation.subarray(0, ROWS * COLUMNS * side ** 2);
      return grid(alternating(shown, autoencoder.through(shown), COLUMNS * side ** 2), side, COLUMNS, 3);
    },
    test: () => judged(test),
  };
}

/** [pixels]. */
function meanPicture(pictures: Float32Array, pixels: number): Float32Array {
  const mean = new Float32Array(pixels);
  const share = pixels / pictures.length;
  for (let at = 0; at < pictures.length; at++) mean[at % pixels]! += pictures[at]! * share;
  return mean;
}

/** The mean over all pixels of [n, pixels]; what is shorter counts again for each. */
function squaredError(a: Float32Array, pictures: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < pictures.length; at++) sum += (a[at % a.length]! - pictures[at]!) ** 2;
  return sum / pictures.length;
}

/** A row of the one, a row of the other. */
function alternating(above: Float32Array, below: Float32Array, row: number): Float32Array {
  const both = new Float32Array(2 * above.length);
  for (let at = 0; at < above.length; at += row) {
    both.set(above.subarray(at, at + row), 2 * at);
    both.set(below.subarray(at, at + row), 2 * at + row);
  }
  return both;
}

export const autoencoder = trainer({
  name: 'autoencoder',
  summary: 'pictures through a narrow place and back: 16 numbers, or 8 words from a book (latent_space=vq)',
  knobs,
  learn,
});
