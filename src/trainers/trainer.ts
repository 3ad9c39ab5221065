import { resolve } from 'node:path';
import { describe, type Engine, openEngine } from './engine/engine.js';
import { type Knobs, readKnobs, type Values } from './knobs.js';
import { makePlaces, type Places, placesOf, record } from './places.js';
import { resumePoint } from './resume.js';
import { Run } from './run.js';
import { type Ending, type Learner, train } from './training.js';
import type { TrainingKnobs, trainingKnobs } from './training-knobs.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A built-in trainer, as the command line sees it. */
export interface Trainer {
  name: string;
  summary: string;
  knobs: Knobs;
  /** `words`: behind its name. */
  run(words: readonly string[], env: Environment): Promise<Ending>;
}

type AllKnobs = Knobs & ReturnType<typeof trainingKnobs>;

export const trainer = <K extends AllKnobs>(definition: {
  name: string;
  summary: string;
  knobs: K;
  /** What is learnt, and how: the trainer itself. */
  learn(run: Run<Values<K> & TrainingKnobs>): Learner;
}): Trainer => ({
  ...definition,
  async run(words, env) {
    const { name } = definition;
    const knobs = readKnobs(definition.knobs, words, env, {
      seed: env.EXPD_SEED,
      engine: env.EXPD_TFJS_BACKEND,
      resume: env.EXPD_RESUME_FROM,
    }) as Values<K> & TrainingKnobs;
    const places = placesOf(env, resolve(knobs.output || defaultOutput(name)));
    const checkpoint = resumePoint(knobs.resume, places);
    const engine = await openEngine(knobs.engine, knobs.require_gpu, env);
    makePlaces(places);
    tell(engine, places);
    const experimentId = env.EXPD_EXPERIMENT_ID ?? null;
    const run = new Run({ trainer: name, knobs, engine, places, checkpoint, experimentId });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => run.stop());
    if (checkpoint !== null) console.log(`resumed from step ${checkpoint.step} (${checkpoint.path})`);
    return train(run, definition.learn(run));
  },
});

const defaultOutput = (name: string): string =>
  `outputs/${name}/${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;

/** On the output, and in artifacts/engine.json. */
function tell(engine: Engine, places: Places): void {
  for (const line of describe(engine)) console.log(line);
  const { name, version, gpu, passedOver } = engine;
  record(places, 'engine.json', { name, version, gpu, passed_over: passedOver });
}
