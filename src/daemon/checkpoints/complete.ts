import { parsePythonJson } from '../metrics/python-json.js';
import { textInside } from './inside.js';
import { MANIFEST, numbersOf } from './manifest.js';
import { readManifest } from './plain.js';
import type { Preset } from './preset.js';

/** What a directory says of itself. */
export interface Said {
  /** Why it is not complete, or null. */
  missing: string | null;
  step: number | null;
  metrics: Record<string, number>;
}

const STATE_BYTES = 64 << 20;

/**
 * Whether a checkpoint directory has everything that its stack writes, by names alone: the sentinel or last file that
 * each of them has. `step`: by its name. `files`: relative paths. Nothing is verified.
 */
export function saidBy(
  root: string,
  preset: Preset | null,
  step: number | null,
  files: ReadonlySet<string>,
): Said {
  try {
    switch (preset) {
      case 'plain':
        return plain(root, step ?? 0, files);
      case 'hf':
        return huggingFace(root, step, files);
      case 'accelerate':
        return accelerate(step, files);
      case 'keras':
        return keras(root, files);
      default:
        return { missing: files.size === 0 ? 'it is empty' : null, step, metrics: {} };
    }
  } catch (cause) {
    return { missing: cause instanceof Error ? cause.message : String(cause), step, metrics: {} };
  }
}

function plain(root: string, step: number, files: ReadonlySet<string>): Said {
  if (!files.has(MANIFEST)) return { missing: `it has no ${MANIFEST}`, step, metrics: {} };
  try {
    return { missing: null, step, metrics: { ...readManifest(root, step).metrics } };
  } catch {
    // There, and damaged: that is for the verification to say.
    return { missing: null, step, metrics: {} };
  }
}

/** `enable_jit_checkpoint` writes under this sentinel. */
const INCOMPLETE = 'checkpoint-is-incomplete.txt';

/** trainer_state.json is the last file of `Trainer._save_checkpoint`. */
function huggingFace(root: string, step: number | null, files: ReadonlySet<string>): Said {
  const said = (missing: string | null): Said => ({ missing, step, metrics: {} });
  if (files.has(INCOMPLETE)) return said(`it has ${INCOMPLETE}`);
  if (!files.has('trainer_state.json')) return said('it has no trainer_state.json');
  if (![...files].some((file) => /(?:^|\/)[^/]*model[^/]*\.(?:safetensors|bin)$/.test(file)))
    return said('it has no model');
  return { missing: null, step, metrics: logged(textInside(root, 'trainer_state.json', STATE_BYTES), step) };
}

/** What `trainer_state.json` logged at its last step. */
function logged(text: string, step: number | null): Record<string, number> {
  const state = parsePythonJson(text);
  const history =
    typeof state === 'object' && state !== null && 'log_history' in state ? state.log_history : [];
  const here = (Array.isArray(history) ? history : []).map(numbersOf).filter((line) => line.step === step);
  const { step: _, epoch: __, ...metrics } = Object.fromEntries(here.flatMap((line) => Object.entries(line)));
  return metrics;
}

/** `save_accelerator_state` writes the random states last. */
const accelerate = (step: number | null, files: ReadonlySet<string>): Said => ({
  missing: files.has('random_states_0.pkl') ? null : 'it has no random_states_0.pkl',
  step,
  metrics: {},
});

/** BackupAndRestore: weights, then where they were taken. */
function keras(root: string, files: ReadonlySet<string>): Said {
  for (const file of ['latest.weights.h5', 'training_metadata.json'])
    if (!files.has(file)) return { missing: `it has no ${file}`, step: null, metrics: {} };
  const { epoch } = numbersOf(parsePythonJson(textInside(root, 'training_metadata.json', STATE_BYTES)));
  return { missing: null, step: epoch ?? null, metrics: {} };
}

/** Whether a directory that is called like a checkpoint has anything of one; others are looked through. */
export const isLike = (preset: Preset, names: readonly string[]): boolean =>
  preset !== 'accelerate' || names.some((name) => /\.(?:safetensors|bin|pkl)$/.test(name));
