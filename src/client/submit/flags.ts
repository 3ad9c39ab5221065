import { type Flags, list, one, text, toggle, type Values, whole, wholeNumber } from '../arguments.js';
import { ClientError } from '../errors.js';
import { PLACE_FLAGS } from '../hydra/place.js';
import { begin, duration, durationOrZero } from '../when.js';

/** How one run is to be: the same on the command line, in `#EXPD` lines and in the lines of `submit -`. */
export const RUN_FLAGS = {
  name: text('NAME', 'name of the run; else that of its script'),
  tag: list('TAG', 'label the run; may be repeated'),
  note: text('TEXT', 'a note, shown by show'),
  cwd: text('DIR', 'run in this directory', 'C'),
  env: list('NAME=VALUE', 'set a variable, in addition to this shell’s environment'),
  'env-drop': list('NAME', 'leave a variable out; NAME* for all that begin so'),
  time: one('DURATION', 'time limit of each attempt: 90m, 1h30m or 2:00:00', duration),
  begin: one('TIME', 'not before 14:00, now+2h or 2026-01-02T14:00', begin),
  after: list('RUN', 'wait for other runs: 7, s4 or afterok:7 (succeeded), afterany:7 (ended)'),
  'kill-on-failed-dep': toggle('cancel the run when one that it waits for fails'),
  priority: whole('N', 'from -100 to 100, higher first', -100, 100),
  group: text('GROUP', 'queue group, see expctl groups'),
  retries: whole('N', 'try failures again so many times, with growing pauses', 0, 1000),
  'requeue-exit': {
    value: 'CODE',
    about: 'an exit code by which the run asks to be run again, like 75; may be repeated',
    read: (words) => words.map((word) => wholeNumber(word, 1, 255)),
  },
  seed: whole('N', 'EXPD_SEED of the run; else drawn once', 0, Number.MAX_SAFE_INTEGER),
  'resume-arg': {
    ...text(
      'WORDS',
      'added to the command when there is a checkpoint: "--resume={ckpt}"; in-place: it is copied',
    ),
    dashes: true,
  },
  checkpoints: text(
    'NAME|PATTERN',
    'where its checkpoints lie: hf, lightning, … (docs/checkpoints.md), or "out/checkpoint-*", "{run_dir}/w/*.bin"',
  ),
  metric: text('KEY', 'by which checkpoints are compared: val/loss, val/acc:max'),
  from: text('CKPT|RUN', 'start from a checkpoint: its path, or 7, 7:best, 7:2000 for one of run 7'),
  'no-wandb': toggle('leave the variables of W&B to the script'),
  grace: one('DURATION', 'time between SIGTERM and SIGKILL when the run is stopped', durationOrZero),
  'warn-signal': one('SIGNAL@DURATION', 'a signal so long before SIGTERM: USR1@60s', warnSignal),
  split: toggle('standard output and error into two files'),
  template: toggle(
    'replace {run_dir} {checkpoint_dir} {tb_dir} {ckpt} {step} {seed} {attempt} in the command',
  ),
  hold: toggle('hold the run until expctl release'),
  key: text('KEY', 'submit once: again with the same key answers the same run'),
  project: text('DIR', 'the project, whose outputs/ gets the run directory'),
  layout: text('NAME', 'layout of run directories: hybrid or flat'),
  'no-top-level': toggle('no copies of config, metadata and status at the top of the run directory'),
  'experiment-id': text('ID', 'name under which curves are kept; else <name>-<id>'),
  continue: toggle('go on with an experiment id that has points already'),
  replace: toggle('move what an experiment id has already to outputs/.trash/'),
  'pin-config': toggle('run a Hydra application with the configuration files as they are now'),
} satisfies Flags;

export type RunValues = Values<typeof RUN_FLAGS>;

/** How the jobs of one sweep are to be. */
export const SWEEP_FLAGS = {
  'max-parallel': whole('N', 'so many jobs of the sweep at a time', 1, 100_000),
  'hold-after-failures': whole('N', 'hold the rest of the sweep once so many jobs have failed', 1, 100_000),
  missing: toggle('with --key: add the jobs that the sweep does not have yet'),
} satisfies Flags;

/** How a command line is understood. */
export const PLAN_FLAGS = {
  multirun: toggle('sweep: lr=0.1,0.01 seed=range(3) are six runs', 'm'),
  'skip-invalid': toggle('leave out jobs of a sweep that cannot be composed, instead of refusing all'),
  hydra: toggle('the program is a Hydra application'),
  'no-hydra': toggle('the program is none, whatever its source looks like'),
  whole: toggle('run a Hydra application that sweeps by itself as one run'),
  ...PLACE_FLAGS,
} satisfies Flags;

/** Of the whole call, not of one run. */
export const CALL_FLAGS = {
  'no-secrets': toggle('leave out variables that look like secrets, and name them'),
  'dry-run': toggle('only say what would be submitted'),
  quiet: toggle('print the bare id', 'q'),
} satisfies Flags;

export interface Warning {
  signal: string;
  leadMs: number;
}

function warnSignal(word: string): Warning {
  const match = /^(?:SIG)?([A-Z][A-Z0-9+-]*)@(.+)$/.exec(word);
  if (match === null)
    throw new ClientError('usage', `${JSON.stringify(word)} is no signal with a time`, 'write USR1@60s');
  return { signal: match[1]!, leadMs: duration(match[2]!) };
}
