import type { Tensor, Tensor2D, Tf, Variable } from './engine/tfjs.js';
import type { Random } from './random.js';
import type { Variables } from './variables.js';

export interface CodebookOptions {
  /** Words in the book, and numbers in a word. */
  words: number;
  width: number;
  /** Of what a word stands for: the decay of its moving average. */
  decay: number;
}

/** A word whose vectors, averaged, are fewer than this a batch is idle. */
const IDLE = 0.5;

/**
 * The words of a vector quantiser, learnt without gradients: each is the moving average of the vectors that were
 * nearest to it (A. van den Oord et al., arXiv:1711.00937, appendix A.1).
 */
export class Codebook {
  /** [words, width]. */
  readonly book: Variable;
  /** How many vectors a word stood for [words], and their sum [words, width], averaged. */
  readonly moments: Variables;
  readonly #count: Variable;
  readonly #sum: Variable;

  constructor(
    readonly tf: Tf,
    readonly options: CodebookOptions,
    random: Random,
  ) {
    const { words, width } = options;
    const drawn = random.gaussians(words * width);
    const filled = (): Variable => tf.tidy(() => tf.variable(tf.tensor2d(drawn, [words, width])));
    this.book = filled();
    this.#sum = filled();
    this.#count = tf.tidy(() => tf.variable(tf.ones([words])));
    this.moments = { 'book.count': this.#count, 'book.sum': this.#sum };
  }

  /** Of vectors [n, width] which word is nearest, one-hot: [n, words]. Within a tidy. */
  nearest(vectors: Tensor, book: Tensor = this.book): Tensor {
    const { tf } = this;
    // |v − w|² but for |v|², which is the same for all words.
    const squares = tf.sum(tf.square(book), 1);
    const products = tf.matMul(vectors as Tensor2D, book as Tensor2D, false, true);
    const chosen = tf.argMin(tf.sub(squares, tf.mul(products, 2)), 1);
    return tf.cast(tf.oneHot(chosen, this.options.words), 'float32');
  }

  /** Moves the words towards the vectors [n, width] that chose them. Within a tidy. */
  learn(chosen: Tensor, vectors: Tensor): void {
    const { tf } = this;
    const { decay } = this.options;
    const follow = (average: Variable, now: Tensor): void =>
      average.assign(tf.add(tf.mul(average, decay), tf.mul(now, 1 - decay)));
    follow(this.#count, tf.sum(chosen, 0));
    follow(this.#sum, tf.matMul(chosen as Tensor2D, vectors as Tensor2D, true, false));
    this.book.assign(tf.div(this.#sum, tf.expandDims(tf.add(this.#count, 1e-5), 1)));
  }

  /** Puts each idle word upon one of the vectors [n, width], drawn by chance. Within a tidy. */
  rouse(vectors: Tensor, random: Random): void {
    const { tf } = this;
    const { words, width } = this.options;
    const counts = this.#count.dataSync<'float32'>().slice();
    const idle = [...counts.keys()].filter((word) => counts[word]! < IDLE);
    if (idle.length === 0) return;
    const among = vectors.dataSync<'float32'>();
    const [book, sum] = [this.book, this.#sum].map((variable) => variable.dataSync<'float32'>().slice());
    for (const word of idle) {
      const from = random.below(among.length / width) * width;
      const vector = among.subarray(from, from + width);
      book!.set(vector, word * width);
      sum!.set(vector, word * width);
      counts[word] = 1;
    }
    this.book.assign(tf.tensor2d(book!, [words, width]));
    this.#sum.assign(tf.tensor2d(sum!, [words, width]));
    this.#count.assign(tf.tensor1d(counts));
  }
}

/** How many words are in use, as if all were used alike: e to the entropy of their shares. `chosen`: [n, words]. */
export function perplexity(tf: Tf, chosen: Tensor): number {
  const shares = tf.tidy(() => tf.mean(chosen, 0).dataSync<'float32'>());
  return Math.exp(-shares.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0));
}
