import { resolve } from 'node:path';
import { isPreset, PRESETS } from '../checkpoints/preset.js';
import { UserError } from '../errors.js';
import type { CheckpointWishes, Metric } from '../run/submission.js';
import { shown } from './limits.js';

const LONGEST = 1000;

/** What a submission says of its checkpoints; undefined: nothing. @throws UserError usage */
export function checkpointWishes(
  { checkpoints, metric }: { checkpoints: string; metric: string },
  cwd: string,
): CheckpointWishes | undefined {
  if (checkpoints === '' && metric === '') return undefined;
  return {
    where: checkpoints === '' ? null : place(checkpoints, cwd),
    metric: metric === '' ? null : parseMetric(metric),
  };
}

/** A stack's name as it is, a pattern absolute, or below each run directory. */
function place(word: string, cwd: string): string {
  if (isPreset(word)) return word;
  if (word.length > LONGEST || word.includes('\0')) throw usage(`${shown(word)} is no pattern`);
  if (!/[/*?.]/.test(word))
    throw new UserError(
      'usage',
      `${shown(word)} is no stack whose checkpoints are known`,
      `there are ${PRESETS.join(', ')}; a pattern has a / or a *`,
    );
  if (!word.startsWith('{run_dir}/')) return resolve(cwd, word);
  if (word.split('/').includes('..')) throw usage(`${shown(word)} leads out of the run directory`);
  return word;
}

/** Names of what is better the more of it there is; all else is a loss. */
const MORE_IS_BETTER =
  /acc|auc|f1|bleu|rouge|precision|recall|score|iou|dice|map\b|r2|reward|return|success|psnr|ssim/i;

/** `val/loss`, `val/acc:max`. */
export function parseMetric(word: string): Metric {
  const [, name = '', mode] = /^(.*?)(?::(min|max))?$/.exec(word) ?? [];
  if (name === '' || name.length > LONGEST || /\p{Cc}/u.test(name))
    throw usage(`${shown(word)} is no metric`, 'write val/loss or val/acc:max');
  if (mode === 'min' || mode === 'max') return { name, mode };
  return { name, mode: MORE_IS_BETTER.test(name) ? 'max' : 'min' };
}

export const metricWord = ({ name, mode }: Metric): string => `${name}:${mode}`;

const usage = (message: string, hint = 'docs/checkpoints.md has examples'): UserError =>
  new UserError('usage', message, hint);
