/*
 * Flow matching of pictures (flow.ts has the papers): noise of 8 × 8 pixels becomes discs, squares and crosses, or
 * handwritten digits.
 */
import { DIGIT_SIDE, digits } from './data/digits.js';
import { SMALL_SPRITES, spritesOf } from './data/sprites.js';
import { measure, normalised, restored } from './data/statistics.js';
import { directions, nearestDistance, slicedWasserstein } from './distance.js';
import { grid } from './draw/grid.js';
import type { Tensor, Tf } from './engine/tfjs.js';
import { FlowMatching, TIME_COLUMNS } from './flow.js';
import { choice, real, type Values, whole } from './knobs.js';
import { type Layer, linear, silu, weightsOf } from './layers.js';
import { Random } from './random.js';
import type { Run } from './run.js';
import { trainer } from './trainer.js';
import type { Learner } from './training.js';
import { trainingKnobs } from './training-knobs.js';
import type { Tensors } from './variables.js';

// ---- Knobs --------------------------------------------------------------------------------------------------------

const knobs = {
  dataset: choice('sprites', ['sprites', 'digits'], 'drawn shapes, or the optdigits images'),
  hidden: whole(192, 'units in each of the three hidden layers', 1, 4096),
  batch_size: whole(128, 'pictures per step', 1, 65_536),
  lr: real(2e-3, 'the highest learning rate; it falls to zero along a cosine'),
  warmup: whole(100, 'steps until it is reached'),
  weight_decay: real(0, 'of matrices, decoupled from the gradient'),
  ema: real(0.998, 'decay of the average of the weights', 0, 1),
  ...trainingKnobs(2000),
};

// ---- Data: pictures [n, 64], from 0 to 1 ----------------------------------------------------------------------------

const SIDE = DIGIT_SIDE;
const PIXELS = SIDE ** 2;

function pictures({ dataset, seed }: { dataset: 'sprites' | 'digits'; seed: number }) {
  if (dataset === 'digits') return digits();
  return {
    train: spritesOf(SMALL_SPRITES, 8192, Random.of(seed, 'training data')),
    validation: spritesOf(SMALL_SPRITES, 1024, Random.of(0, 'validation data')),
    test: spritesOf(SMALL_SPRITES, 512, Random.of(0, 'test data')),
  };
}

// ---- Model: a picture and the time [n, 64 + 8] → three hidden layers (SiLU), each adding to the one before → [n, 64] ---

const layers = (hidden: number): Layer[] => [
  { name: 'in', from: PIXELS + TIME_COLUMNS, to: hidden },
  { name: 'middle', from: hidden, to: hidden },
  { name: 'upper', from: hidden, to: hidden },
  { name: 'out', from: hidden, to: PIXELS, gain: 0.1 },
];

function velocity(tf: Tf, weights: Tensors, input: Tensor): Tensor {
  let x = silu(tf, linear(tf, weights, 'in', input));
  for (const layer of ['middle', 'upper']) x = tf.add(x, silu(tf, linear(tf, weights, layer, x)));
  return linear(tf, weights, 'out', x);
}

// ---- Training -----------------------------------------------------------------------------------------------------

/** Of Heun's method, from noise to pictures. */
const SAMPLING_STEPS = 40;
const SAMPLES = 512;
/** Of these, so many are drawn, in rows of 16; and so many are held against all of the data. */
const DRAWN = 128;
const NEAREST_OF = 200;
const DIRECTIONS = 64;

function learn(run: Run<Values<typeof knobs>>): Learner {
  const { tf, knobs } = run;
  const { seed, hidden } = knobs;
  const { train, validation, test } = pictures(knobs);
  const statistics = run.scale(measure(train, PIXELS, 1));
  const model = weightsOf(tf, layers(hidden), Random.of(seed, 'weights'));
  const random = Random.of(seed, 'batches');
  const flow = new FlowMatching(tf, {
    dimensions: PIXELS,
    training: normalised(train, statistics),
    validation: normalised(validation, statistics),
    model,
    velocity: (weights, input) => velocity(tf, weights, input),
    batch: knobs.batch_size,
    ema: knobs.ema,
    weightDecay: knobs.weight_decay,
    random,
    held: Random.of(0, 'validation noise'),
  });
  const sample = (count: number) =>
    restored(flow.sample(count, SAMPLING_STEPS, Random.of(seed, 'samples')), statistics);

  return {
    model,
    average: flow.average.variables,
    optimizer: flow.optimizer.moments,
    random,
    schedule: knobs,
    statistics,
    step: (step, lr) => flow.step(step, lr),
    validate: () => flow.validate(),
    draw: () => grid(sample(DRAWN), SIDE, 16, 4),
    test: () => {
      const samples = sample(SAMPLES);
      const along = directions(DIRECTIONS, PIXELS, Random.of(0, 'directions'));
      return {
        sliced_wasserstein: slicedWasserstein(samples, test, along),
        /** Of a pixel, root mean square. */
        nearest: nearestDistance(samples, train, PIXELS, NEAREST_OF) / SIDE,
      };
    },
  };
}

export const flowsprites = trainer({
  name: 'flowsprites',
  summary: 'flow matching of pictures: noise becomes sprites or handwritten digits, 8 × 8',
  knobs,
  learn,
});
