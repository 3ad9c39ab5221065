/*
 * Flow matching in the plane (flow.ts has the papers): noise becomes two moons, a ring of spots, a chequerboard or a
 * spiral. Small enough to be watched, and each of its pictures says at once how good it is.
 */
import { blackShare, PLANES, pointsOf } from './data/plane.js';
import { measure, normalised, restored } from './data/statistics.js';
import { directions, nearestDistance, slicedWasserstein } from './distance.js';
import { scatter } from './draw/scatter.js';
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
  dataset: choice('moons', PLANES, 'what to learn'),
  hidden: whole(64, 'units in each of the three hidden layers', 1, 4096),
  batch_size: whole(256, 'points per step', 1, 65_536),
  lr: real(3e-3, 'the highest learning rate; it falls to zero along a cosine'),
  warmup: whole(100, 'steps until it is reached'),
  weight_decay: real(0, 'of matrices, decoupled from the gradient'),
  ema: real(0.999, 'decay of the average of the weights', 0, 1),
  ...trainingKnobs(3000),
};

// ---- Data: points [n, 2] ------------------------------------------------------------------------------------------

const TRAINING_POINTS = 20_000;
const VALIDATION_POINTS = 4096;
const TEST_POINTS = 2048;

// ---- Model: a point and the time [n, 2 + 8] → three hidden layers (SiLU) → its velocity [n, 2] -----------------------

const layers = (hidden: number): Layer[] => [
  { name: 'in', from: 2 + TIME_COLUMNS, to: hidden },
  { name: 'middle', from: hidden, to: hidden },
  { name: 'upper', from: hidden, to: hidden },
  { name: 'out', from: hidden, to: 2, gain: 0.1 },
];

function velocity(tf: Tf, weights: Tensors, input: Tensor): Tensor {
  let x = input;
  for (const layer of ['in', 'middle', 'upper']) x = silu(tf, linear(tf, weights, layer, x));
  return linear(tf, weights, 'out', x);
}

// ---- Training -----------------------------------------------------------------------------------------------------

/** Of Heun's method, from noise to data. */
const SAMPLING_STEPS = 50;
const SAMPLES = TEST_POINTS;
/** Sliced Wasserstein looks along so many directions; so many samples are held against all of the data. */
const DIRECTIONS = 64;
const NEAREST_OF = 512;

function learn(run: Run<Values<typeof knobs>>): Learner {
  const { tf, knobs } = run;
  const { dataset, seed, hidden } = knobs;
  const points = pointsOf(dataset, TRAINING_POINTS, Random.of(seed, 'training data'));
  const held = pointsOf(dataset, VALIDATION_POINTS, Random.of(0, 'validation data'));
  const test = pointsOf(dataset, TEST_POINTS, Random.of(0, 'test data'));
  const statistics = run.scale(measure(points, 2));
  const model = weightsOf(tf, layers(hidden), Random.of(seed, 'weights'));
  const random = Random.of(seed, 'batches');
  const flow = new FlowMatching(tf, {
    dimensions: 2,
    training: normalised(points, statistics),
    validation: normalised(held, statistics),
    model,
    velocity: (weights, input) => velocity(tf, weights, input),
    batch: knobs.batch_size,
    ema: knobs.ema,
    weightDecay: knobs.weight_decay,
    random,
    held: Random.of(0, 'validation noise'),
  });
  const sample = () => restored(flow.sample(SAMPLES, SAMPLING_STEPS, Random.of(seed, 'samples')), statistics);

  return {
    model,
    average: flow.average.variables,
    optimizer: flow.optimizer.moments,
    random,
    schedule: knobs,
    statistics,
    step: (step, lr) => flow.step(step, lr),
    validate: () => flow.validate(),
    /** Data in grey, samples in blue over it. */
    draw: () =>
      scatter([
        { points: held, ink: [24, 24, 24] },
        { points: sample(), ink: [110, 60, 0] },
      ]),
    test: () => {
      const samples = sample();
      const along = directions(DIRECTIONS, 2, Random.of(0, 'directions'));
      return {
        sliced_wasserstein: slicedWasserstein(samples, test, along),
        nearest: nearestDistance(samples, points, 2, NEAREST_OF),
        ...(dataset === 'checker' && { black_share: blackShare(samples) }),
      };
    },
  };
}

export const flow2d = trainer({
  name: 'flow2d',
  summary: 'flow matching in the plane: noise becomes two moons, spots, a chequerboard, a spiral',
  knobs,
  learn,
});
