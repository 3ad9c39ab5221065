import type { Random } from '../../../helpers/random.js';
import type { Question } from '../oracle.js';
import { composeQuestion, listQuestion, multirunQuestion } from './compositions.js';
import { configurationQuestion, interpolationQuestion, smallQuestion } from './configurations.js';
import { parseQuestion, sweepQuestion } from './overrides.js';

/** Random questions of each kind, and how many of them in a hundred. */
export const QUESTIONS: Readonly<Record<string, { of: (random: Random) => Question; share: number }>> = {
  compositions: { of: composeQuestion, share: 30 },
  'sweeps of compositions': { of: multirunQuestion, share: 5 },
  'defaults lists': { of: listQuestion, share: 10 },
  overrides: { of: parseQuestion, share: 20 },
  sweeps: { of: sweepQuestion, share: 5 },
  configurations: { of: configurationQuestion, share: 14 },
  interpolations: { of: interpolationQuestion, share: 14 },
  'headers and dot lists': { of: smallQuestion, share: 2 },
};
