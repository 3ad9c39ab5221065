import { setPriority } from 'node:os';
import { ANSWERS } from './answers.js';
import type { Asks, Kind, Question, Reply } from './asks.js';

// The inspecting process: it reads whole checkpoints, however large and on whatever disk, and the daemon goes on.

// Training comes first.
setPriority(10);

process.on('message', (question: Question) => {
  process.send?.(reply(question));
});
// The daemon is gone: nobody waits for an answer.
process.on('disconnect', () => process.removeAllListeners('message'));

function reply({ id, kind, ask }: Question): Reply {
  try {
    return { id, answer: answer(kind, ask) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    const path = error instanceof Error && 'path' in error ? String(error.path) : null;
    return { id, failed: { message, code, path } };
  }
}

const answer = <K extends Kind>(kind: K, ask: Asks[K]['ask']): Asks[K]['answer'] => ANSWERS[kind](ask);
