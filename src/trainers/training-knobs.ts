import { CHOICES } from './engine/candidates.js';
import { choice, path, type Values, whole, yes } from './knobs.js';

/** Knobs that every trainer has beside its own. `steps`: how many are enough for it. */
export const trainingKnobs = (steps: number) => ({
  steps: whole(steps, 'optimizer steps in all, the resumed ones included', 1),
  seed: whole(1, 'of data, weights and batches; EXPD_SEED where that is set'),
  log_every: whole(50, 'steps between two lines of metrics', 1),
  eval_every: whole(250, 'steps between two validations', 1),
  sample_every: whole(1000, 'steps between two pictures', 1),
  checkpoint_every: whole(500, 'steps between two checkpoints; each is validated', 1),
  keep_last: whole(2, 'newest checkpoints that stay', 1),
  keep_best: whole(1, 'checkpoints of the least validation loss that stay'),
  engine: choice('auto', CHOICES, 'what computes; EXPD_TFJS_BACKEND where that is set'),
  require_gpu: yes(false, 'fail where no GPU computes'),
  output: path('', 'where everything goes without expd; outputs/<trainer>/<time>'),
  resume: path('', 'a checkpoint, or a directory of them; EXPD_RESUME_FROM where that is set'),
});

export type TrainingKnobs = Values<ReturnType<typeof trainingKnobs>>;
