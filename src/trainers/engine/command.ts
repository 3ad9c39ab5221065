import { TrainerError } from '../trainer-error.js';
import { CANDIDATES } from './candidates.js';
import { describe, openEngine } from './engine.js';

/** `expd-train engines`: what a training would compute on here, and why not on what comes before. */
export async function enginesCommand(words: readonly string[]): Promise<number> {
  if (words.length > 0) throw new TrainerError('expd-train engines takes no words', 2);
  for (const line of describe(await openEngine('auto', false, process.env))) console.log(line);
  console.log(`order: ${CANDIDATES.join(', ')}`);
  return 0;
}
