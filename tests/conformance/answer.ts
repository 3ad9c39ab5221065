import { createInterface } from 'node:readline';
import { answers } from './answers.js';

// Answers questions about configurations from standard input, one JSON object a line, in the form of a recorded corpus:
// {"id", "kind", inputs…} → {"id", "ok"} or {"id", "error": {"type", "message"}}. `--trees DIR`: where the trees lie
// that they name.

async function main(): Promise<void> {
  const at = process.argv.indexOf('--trees');
  const answer = answers(at < 0 ? '.' : (process.argv[at + 1] ?? '.'));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === '') continue;
    const question = JSON.parse(line);
    process.stdout.write(`${JSON.stringify({ id: question.id, ...answer(question) })}\n`);
  }
}

void main();
