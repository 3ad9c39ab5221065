import { autoencoder } from './autoencoder.js';
import { enginesCommand } from './engine/command.js';
import { linkCommand } from './engine/link-command.js';
import { flow2d } from './flow2d.js';
import { flowsprites } from './flowsprites.js';
import { overview, usage } from './help.js';
import type { Trainer } from './trainer.js';
import { TrainerError } from './trainer-error.js';

const TRAINERS: readonly Trainer[] = [flow2d, flowsprites, autoencoder];

/** "Try again": the work is not complete, and is to be resumed. */
const STOPPED = 75;

void main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const told = error instanceof TrainerError && !process.env.EXPD_DEBUG;
    console.error(told ? `expd-train: ${error.message}` : error);
    process.exit(error instanceof TrainerError ? error.exit : 1);
  },
);

async function main([name = '', ...words]: readonly string[]): Promise<number> {
  if (name === 'engines') return enginesCommand(words);
  if (name === 'link') return linkCommand(words);
  const trainer = TRAINERS.find((one) => one.name === name);
  const asked = [name, ...words].some((word) => word === '--help' || word === '-h');
  if (trainer === undefined && !asked && name !== 'help')
    throw new TrainerError(`name a trainer: ${TRAINERS.map(({ name }) => name).join(', ')}`, 2);
  if (trainer === undefined || asked) {
    console.log(trainer === undefined ? overview(TRAINERS) : usage(trainer));
    return 0;
  }
  return (await trainer.run(words, process.env)) === 'done' ? 0 : STOPPED;
}
