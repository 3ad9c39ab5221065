import { openQueue, type Queue } from '../../../../src/daemon/queue/queue.js';
import { claimOf, endOf, newRun, success, transitionOf } from '../../../helpers/commands.js';

/**
 * A process that uses a queue until it is killed, and says on standard output what was answered:
 * `storm`: eight clients, each run from its submission to its end; `turns N M`: N turns of M submissions.
 */
const [stateDir = '', workerFile = '', mode = '', turns = '0', each = '0'] = process.argv.slice(2);
// Synchronous on Linux for pipes: what was said is out before anything else happens.
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: Error) => say(`failed ${error.message}`));

async function main(): Promise<void> {
  const queue = await openQueue({
    stateDir,
    workerFile,
    onFailure: (error) => say(`failed ${error.message}`),
  });
  say('open');
  if (mode === 'storm') await Promise.all(Array.from({ length: 8 }, (_, client) => storm(queue, client)));
  for (let turn = 0; turn < Number(turns); turn++)
    await Promise.all(Array.from({ length: Number(each) }, (_, i) => submit(queue, `t${turn}-${i}`)));
  say('done');
  process.stdin.once('data', () => void queue.close());
}

async function submit(on: Queue, name: string): Promise<number> {
  const [result] = await on.execute({ requestId: name, commands: [{ do: 'submit', run: newRun({ name }) }] });
  if (!result?.ok || result.runId === null) throw new Error(JSON.stringify(result));
  say(`queued ${result.runId} ${name}`);
  return result.runId;
}

async function storm(on: Queue, client: number): Promise<never> {
  for (let i = 0; ; i++) {
    const id = await submit(on, `c${client}-${process.pid}-${i}`);
    for (const [state, command] of [
      ['starting', claimOf(id, 1)],
      ['running', transitionOf(id, { kind: 'spawned' })],
      ['succeeded', endOf(id, 1, success)],
    ] as const) {
      const [result] = await on.execute({ requestId: null, commands: [command] });
      if (!result?.ok) throw new Error(JSON.stringify(result));
      say(`${state} ${id} ${client}`);
    }
  }
}
