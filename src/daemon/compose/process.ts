import { explained } from '../../composition/explained.js';
import { HydraError } from '../../hydra/hydra.js';
import { ANSWERS } from './answers.js';
import type { Asks, Kind, Question, Reply } from './asks.js';

// The composing process: whatever a configuration does, the daemon goes on.

process.on('message', (question: Question) => {
  process.send?.(reply(question));
});
// The daemon is gone.
process.on('disconnect', () => process.removeAllListeners('message'));

function reply({ id, kind, ask }: Question): Reply {
  try {
    return { id, answer: answer(kind, ask) };
  } catch (error) {
    if (error instanceof HydraError) {
      const { message, hint } = explained(error);
      return { id, wrong: { message, hint } };
    }
    return { id, bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const answer = <K extends Kind>(kind: K, ask: Asks[K]['ask']): Asks[K]['answer'] => ANSWERS[kind](ask);
