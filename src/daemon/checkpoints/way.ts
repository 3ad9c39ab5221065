import type { ResumePoint } from '../run/resume.js';
import type { Submission } from '../run/submission.js';
import type { Candidate } from './candidate.js';
import { isPreset, WAYS, type Way } from './preset.js';

/** `--resume-arg in-place`: no argument, a copy. */
export const IN_PLACE = 'in-place';

/**
 * How the program learns of a checkpoint. What was asked for wins; a stack that was chosen by name is told in its own
 * way; one that was merely recognised never gets words that it may not understand, but its copy.
 */
export function resumePoint(
  { path, step, preset, of }: Pick<Candidate, 'path' | 'step' | 'preset' | 'of'>,
  { resumeArg, checkpoints }: Pick<Submission, 'resumeArg' | 'checkpoints'>,
): ResumePoint {
  const chosen = checkpoints?.where ?? '';
  const way: Way = preset === null ? { argument: null, inPlace: false } : WAYS[preset];
  const asked = resumeArg === null || resumeArg === IN_PLACE ? null : resumeArg;
  const inPlace = resumeArg === IN_PLACE || (way.inPlace && !asked?.includes('{ckpt}'));
  return {
    path,
    step,
    logsFrom: step === null || way.again === true ? step : step + 1,
    argument: asked ?? (resumeArg === null && isPreset(chosen) ? way.argument : null),
    inPlace: inPlace ? (of?.below ?? null) : null,
  };
}
