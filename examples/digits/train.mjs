#!/usr/bin/env node
// Trains a small neural network to read handwritten digits: plain Node, one file, nothing to install.
//
//   node train.mjs                       by itself: everything goes to ./digits-output/<time>/
//   node train.mjs --lr 0.05 --hidden 64
//   expctl submit -- node train.mjs      as a run: it goes on where it was after a crash, a kill -9 or a reboot
//
// Two things make it resumable: a checkpoint holds everything that the next step depends on: weights, velocity,
// the order of the images, the random generator; and it appears whole or not at all. So a run that was killed
// and resumed ends with the same bytes as one that was left alone. (README.md has the format and the exit codes.)

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

// ---- Knobs: --lr 0.1, --lr=0.1 or lr=0.1 ----------------------------------------------------------------------

const { env } = process;
const knobs = readKnobs({
  steps: 5000, // optimizer steps in all, the resumed ones included
  lr: 0.1, // the highest learning rate; it falls to zero along a cosine
  hidden: 256, // units in the hidden layer
  'batch-size': 64, // images per step
  momentum: 0.9,
  'weight-decay': 0.0001,
  warp: 0.2, // training images are turned, sheared and scaled at random by up to so much
  shift: 1, // and moved by up to so many pixels
  seed: Number(env.EXPD_SEED ?? 1),
  'log-every': 50, // steps
  'checkpoint-every': 200, // steps
  output: env.EXPD_RUN_DIR ?? path.join('digits-output', new Date().toISOString().replace(/[:.]/g, '-')),
  'resume-from': env.EXPD_RESUME_FROM ?? '', // a checkpoint directory; empty: a fresh start
});

// ---- Where things go: expd says it; by itself the same layout is made under --output --------------------------

const checkpointDir = env.EXPD_CHECKPOINT_DIR ?? path.join(knobs.output, 'checkpoints');
const metricsFile = env.EXPD_METRICS ?? path.join(knobs.output, 'metrics', 'metrics.jsonl');
const weightsFile = path.join(knobs.output, 'artifacts', 'weights.bin');
for (const dir of [checkpointDir, path.dirname(metricsFile), path.dirname(weightsFile)]) {
  fs.mkdirSync(dir, { recursive: true });
}
const metrics = fs.openSync(metricsFile, 'a+');
endTornLine(metrics);
for (const name of fs.readdirSync(checkpointDir)) {
  // What a killed attempt was still writing.
  if (name.startsWith('.tmp-step-'))
    fs.rmSync(path.join(checkpointDir, name), { recursive: true, force: true });
}

// ---- Data: 1,797 images of 8 x 8 pixels from 0 to 16; see data/README.md --------------------------------------

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const DIGITS = 10;
const images = gunzipSync(fs.readFileSync(new URL('data/digits.csv.gz', import.meta.url)))
  .toString('latin1')
  .trimEnd()
  .split('\n')
  .map((line) => line.split(',').map(Number))
  .map((row) => ({ pixels: Float64Array.from(row.slice(0, PIXELS), (v) => v / 16), digit: row[PIXELS] }));
// Of every eight images in the file's order five are for training, one is watched meanwhile, and two are looked
// at once, at the end.
const every8th = (...rests) => images.filter((_, i) => rests.includes(i % 8));
const trainSet = every8th(0, 1, 2, 4, 5);
const valSet = every8th(6);
const testSet = every8th(3, 7);

// ---- Model: 64 pixels -> hidden units (ReLU) -> 10 digits (softmax) -------------------------------------------

const HIDDEN = knobs.hidden;
const weights = new Float64Array(HIDDEN * PIXELS + HIDDEN + DIGITS * HIDDEN + DIGITS);
const gradient = new Float64Array(weights.length);
const velocity = new Float64Array(weights.length);
const [w1, b1, w2, b2] = layers(weights);
const [gw1, gb1, gw2, gb2] = layers(gradient);

function layers(flat) {
  let end = 0;
  return [HIDDEN * PIXELS, HIDDEN, DIGITS * HIDDEN, DIGITS].map((size) => {
    end += size;
    return flat.subarray(end - size, end);
  });
}

const units = new Float64Array(HIDDEN);
const scores = new Float64Array(DIGITS);
const unitErrors = new Float64Array(HIDDEN);

/** Fills `units` and `scores` (probabilities). */
function forward(pixels) {
  for (let j = 0; j < HIDDEN; j++) {
    let sum = b1[j];
    for (let i = 0, k = j * PIXELS; i < PIXELS; i++, k++) sum += w1[k] * pixels[i];
    units[j] = sum > 0 ? sum : 0;
  }
  for (let c = 0; c < DIGITS; c++) {
    let sum = b2[c];
    for (let j = 0, k = c * HIDDEN; j < HIDDEN; j++, k++) sum += w2[k] * units[j];
    scores[c] = sum;
  }
  const highest = Math.max(...scores);
  let total = 0;
  for (let c = 0; c < DIGITS; c++) total += scores[c] = Math.exp(scores[c] - highest);
  for (let c = 0; c < DIGITS; c++) scores[c] /= total;
}

/** Adds the gradient of one image's loss to `gradient`; returns the loss (cross-entropy, nats). */
function backward(pixels, digit) {
  forward(pixels);
  const loss = -Math.log(scores[digit]);
  scores[digit] -= 1; // from here on: the error of each score
  unitErrors.fill(0);
  for (let c = 0; c < DIGITS; c++) {
    const error = scores[c];
    gb2[c] += error;
    for (let j = 0, k = c * HIDDEN; j < HIDDEN; j++, k++) {
      gw2[k] += error * units[j];
      unitErrors[j] += error * w2[k];
    }
  }
  for (let j = 0; j < HIDDEN; j++) {
    if (units[j] === 0) continue;
    const error = unitErrors[j];
    gb1[j] += error;
    for (let i = 0, k = j * PIXELS; i < PIXELS; i++, k++) gw1[k] += error * pixels[i];
  }
  return loss;
}

/** Mean loss and share of correct answers over a set. */
function evaluate(set) {
  let loss = 0;
  let correct = 0;
  for (const { pixels, digit } of set) {
    forward(pixels);
    loss -= Math.log(scores[digit]);
    if (scores.indexOf(Math.max(...scores)) === digit) correct++;
  }
  return { loss: loss / set.length, accuracy: correct / set.length, correct };
}

// ---- Fresh start or resume ------------------------------------------------------------------------------------

// All that the next step depends on, besides weights and velocity.
let state = {
  step: 0,
  rng: knobs.seed >>> 0,
  order: trainSet.map((_, i) => i),
  next: trainSet.length,
  lossSum: 0,
  lossSteps: 0,
};

if (knobs['resume-from']) {
  load(knobs['resume-from']);
  console.log(`resumed from step ${state.step} (${knobs['resume-from']})`);
} else {
  for (let k = 0; k < w1.length; k++) w1[k] = (2 * random() - 1) * Math.sqrt(6 / PIXELS);
  for (let k = 0; k < w2.length; k++) w2[k] = (2 * random() - 1) * Math.sqrt(6 / HIDDEN);
  console.log(`training ${weights.length} weights on ${trainSet.length} images for ${knobs.steps} steps`);
}

// ---- Training -------------------------------------------------------------------------------------------------

let stopAsked = false;
process.on('SIGTERM', () => (stopAsked = true));
let saved = state.step;

while (state.step < knobs.steps) {
  const lr = (knobs.lr / 2) * (1 + Math.cos((Math.PI * state.step) / knobs.steps));
  gradient.fill(0);
  let loss = 0;
  for (let n = 0; n < knobs['batch-size']; n++) {
    const { pixels, digit } = nextImage();
    loss += backward(warped(pixels), digit);
  }
  for (let k = 0; k < weights.length; k++) {
    const slope = gradient[k] / knobs['batch-size'] + knobs['weight-decay'] * weights[k];
    velocity[k] = knobs.momentum * velocity[k] + slope;
    weights[k] -= lr * velocity[k];
  }
  state.step++;
  state.lossSum += loss / knobs['batch-size'];
  state.lossSteps++;

  if (state.step % knobs['log-every'] === 0 || state.step === knobs.steps) report(lr);
  if (state.step % knobs['checkpoint-every'] === 0 || state.step === knobs.steps) save();
  await nextTurn(); // signals are delivered between turns
  if (stopAsked && state.step < knobs.steps) {
    if (saved < state.step) save();
    console.log(`told to stop: step ${state.step} is saved, to be resumed`);
    process.exit(75); // "try again": this is not the end of the training, so it must not look like success
  }
}

// ---- The end --------------------------------------------------------------------------------------------------

const test = evaluate(testSet);
writeMetrics({ step: state.step, 'test/loss': test.loss, 'test/accuracy': test.accuracy });
writeDurably(`${weightsFile}.tmp`, bytes(weights));
fs.renameSync(`${weightsFile}.tmp`, weightsFile);
syncDir(path.dirname(weightsFile));
console.log(`test accuracy ${test.accuracy.toFixed(4)} (${test.correct} of ${testSet.length})`);
console.log(`weights sha256 ${sha256(bytes(weights))} ${weightsFile}`);
writeMetrics({ event: 'done' }); // last: with it, exit 0 means that the training is complete

function report(lr) {
  const loss = state.lossSum / state.lossSteps;
  const val = evaluate(valSet);
  writeMetrics({
    step: state.step,
    'train/loss': loss,
    'train/lr': lr,
    'val/loss': val.loss,
    'val/accuracy': val.accuracy,
  });
  console.log(
    `step ${String(state.step).padStart(String(knobs.steps).length)}/${knobs.steps}` +
      `  loss ${loss.toFixed(4)}  val accuracy ${val.accuracy.toFixed(3)}  lr ${lr.toFixed(4)}`,
  );
  state.lossSum = 0;
  state.lossSteps = 0;
}

// ---- Data order and augmentation ------------------------------------------------------------------------------

/** Uniform in [0, 1): mulberry32, whose whole state is one 32-bit integer. */
function random() {
  state.rng = (state.rng + 0x6d2b79f5) >>> 0;
  let t = state.rng;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** Every image once per epoch, shuffled anew for each. */
function nextImage() {
  const { order } = state;
  if (state.next >= order.length) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    state.next = 0;
  }
  return trainSet[order[state.next++]];
}

/** The image seen through a small random linear map and shift, with bilinear interpolation. */
function warped(pixels) {
  const about = (middle, spread) => middle + spread * (2 * random() - 1);
  const [xx, xy, yx, yy] = [
    about(1, knobs.warp),
    about(0, knobs.warp),
    about(0, knobs.warp),
    about(1, knobs.warp),
  ];
  const centre = (SIDE - 1) / 2;
  const [dx, dy] = [about(centre, knobs.shift), about(centre, knobs.shift)];
  const pixel = (x, y) => (x >= 0 && x < SIDE && y >= 0 && y < SIDE ? pixels[y * SIDE + x] : 0);
  const out = new Float64Array(PIXELS);
  for (let v = 0; v < SIDE; v++) {
    for (let u = 0; u < SIDE; u++) {
      const x = xx * (u - centre) + xy * (v - centre) + dx;
      const y = yx * (u - centre) + yy * (v - centre) + dy;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, down] = [x - left, y - top];
      out[v * SIDE + u] =
        (1 - down) * ((1 - right) * pixel(left, top) + right * pixel(left + 1, top)) +
        down * ((1 - right) * pixel(left, top + 1) + right * pixel(left + 1, top + 1));
    }
  }
  return out;
}

// ---- Checkpoints: step-<8 digits>/ with MANIFEST.json; the format is in README.md -----------------------------

/**
 * Writes a checkpoint that is whole or absent, whatever happens meanwhile: its files and, last, their manifest are
 * made durable in a directory of another name, which then gets its own name in one step.
 */
function save() {
  const name = `step-${String(state.step).padStart(8, '0')}`;
  const target = path.join(checkpointDir, name);
  const temporary = path.join(checkpointDir, `.tmp-${name}-${process.pid}`);
  const files = {
    'weights.bin': bytes(weights),
    'velocity.bin': bytes(velocity),
    'state.json': Buffer.from(JSON.stringify({ ...state, hidden: HIDDEN })),
  };
  fs.fsyncSync(metrics); // the curve must never end before the checkpoint
  fs.mkdirSync(temporary);
  const manifest = { v: 1, step: state.step, files: {} };
  for (const [file, content] of Object.entries(files)) {
    writeDurably(path.join(temporary, file), content);
    manifest.files[file] = { size: content.length, sha256: sha256(content) };
  }
  writeDurably(path.join(temporary, 'MANIFEST.json'), JSON.stringify(manifest));
  syncDir(temporary);
  fs.rmSync(target, { recursive: true, force: true }); // a damaged one, or a restart from an older one
  fs.renameSync(temporary, target);
  syncDir(checkpointDir);
  saved = state.step;
}

/** Restores a checkpoint; refuses one that is damaged or of another network. */
function load(dir) {
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(dir, 'MANIFEST.json'), 'utf8'));
    const read = (file) => {
      const content = fs.readFileSync(path.join(dir, file));
      if (sha256(content) !== manifest.files[file]?.sha256) throw new Error(`${file} is not what was saved`);
      return content;
    };
    const { hidden, ...rest } = JSON.parse(read('state.json').toString());
    if (hidden !== HIDDEN) throw new Error(`it has ${hidden} hidden units, --hidden is ${HIDDEN}`);
    state = rest;
    fill(weights, read('weights.bin'));
    fill(velocity, read('velocity.bin'));
  } catch (error) {
    fail(`cannot resume from ${dir}: ${error.message}`);
  }
}

// ---- Files ----------------------------------------------------------------------------------------------------

/** One line, one write: readers never see half of it. */
function writeMetrics(fields) {
  fs.writeSync(metrics, `${JSON.stringify(fields)}\n`);
}

/** A process that was killed on a full disk may have left half a line: what follows must not be glued to it. */
function endTornLine(fd) {
  const { size } = fs.fstatSync(fd);
  const last = Buffer.alloc(1);
  if (size > 0 && fs.readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10) fs.writeSync(fd, '\n');
}

function writeDurably(file, content) {
  fs.writeFileSync(file, content, { flush: true });
}

function syncDir(dir) {
  const fd = fs.openSync(dir, 'r');
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

/** Float64, little-endian: the machine's own order on every machine that Node runs on today. */
function bytes(numbers) {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function fill(numbers, content) {
  bytes(numbers).set(content);
}

function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}

// ---- Arguments ------------------------------------------------------------------------------------------------

function readKnobs(defaults) {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]));
  const args = process.argv
    .slice(2)
    .map((word) => (/^[a-z]/.test(word) && word.includes('=') ? `--${word}` : word));
  try {
    const { values } = parseArgs({ args, options });
    const read = ([name, preset]) => {
      if (values[name] === undefined || typeof preset === 'string') return [name, values[name] ?? preset];
      const number = Number(values[name]);
      if (values[name] === '' || !Number.isFinite(number))
        throw new Error(`--${name}: not a number: ${values[name]}`);
      return [name, number];
    };
    return Object.fromEntries(Object.entries(defaults).map(read));
  } catch (error) {
    return fail(error.message, 2);
  }
}

function fail(message, code = 1) {
  console.error(`train.mjs: ${message}`);
  process.exit(code);
}
