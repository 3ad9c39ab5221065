import { createHash } from 'node:crypto';

/** xoshiro128**: four words of 32 bits. */
export type RandomState = readonly [number, number, number, number];

/**
 * Random numbers whose whole state is four words of 32 bits, so that a checkpoint holds it: xoshiro128** 1.1 of
 * Blackman and Vigna (arXiv:1805.01407). Period 2^128 − 1.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor([a, b, c, d]: RandomState) {
    [this.#a, this.#b, this.#c, this.#d] = [a | 0, b | 0, c | 0, d | 0];
  }

  /** A stream of its own for each purpose of a training: what one draws changes nothing in another. */
  static of(seed: number, purpose: string): Random {
    const hash = createHash('sha256').update(`${purpose} ${seed}`).digest();
    return new Random([
      hash.readUInt32LE(0),
      hash.readUInt32LE(4),
      hash.readUInt32LE(8),
      hash.readUInt32LE(12),
    ]);
  }

  get state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }

  /** From 0 to 2^32 − 1. */
  word(): number {
    const drawn = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return drawn;
  }

  /** Evenly from [0, 1). */
  uniform(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number from [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Mean 0, variance 1; Box and Muller's, one of the two. */
  gaussian(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** `count` values of mean 0 and variance 1; Box and Muller's, both of them. */
  gaussians(count: number): Float32Array<ArrayBuffer> {
    const values = new Float32Array(count);
    for (let at = 0; at < count; at += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      const angle = 2 * Math.PI * this.uniform();
      values[at] = radius * Math.cos(angle);
      if (at + 1 < count) values[at + 1] = radius * Math.sin(angle);
    }
    return values;
  }

  /** `state` as a checkpoint has it. */
  restore(state: RandomState): void {
    [this.#a, this.#b, this.#c, this.#d] = [state[0] | 0, state[1] | 0, state[2] | 0, state[3] | 0];
  }
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
