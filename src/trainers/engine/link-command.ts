import { parseArgs } from 'node:util';
import { reason } from '../reason.js';
import { TrainerError } from '../trainer-error.js';
import { link } from './link.js';

/** `expd-train link [--tf DIR] [--json]`, which `expctl tfjs link` starts. */
export async function linkCommand(words: readonly string[]): Promise<number> {
  const { tf, json } = flagsOf(words);
  const linked = await link(tf ?? null, process.env, (line) => console.error(line));
  const { version, gpu, directory, tensorflow } = linked;
  console.log(
    json
      ? JSON.stringify({ version, gpu, directory, tensorflow })
      : `linked: TensorFlow ${version}, on the ${gpu ? 'GPU' : 'CPU'}; trainings find it in ${directory}`,
  );
  return 0;
}

function flagsOf(words: readonly string[]): { tf?: string | undefined; json?: boolean | undefined } {
  try {
    return parseArgs({ args: [...words], options: { tf: { type: 'string' }, json: { type: 'boolean' } } })
      .values;
  } catch (cause) {
    throw new TrainerError(reason(cause), 2, { cause });
  }
}
