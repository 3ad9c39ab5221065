import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ClientError } from '../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** TensorBoard of the active environment, else of the PATH; the bare name where there is none. */
export function findTensorboard(env: Environment): string[] {
  const active = [env.VIRTUAL_ENV, env.CONDA_PREFIX].flatMap((prefix) =>
    prefix ? [join(prefix, 'bin')] : [],
  );
  for (const directory of [...active, ...(env.PATH ?? '').split(delimiter)]) {
    const program = join(directory, 'tensorboard');
    if (directory !== '' && isExecutable(program)) return [program];
  }
  return ['tensorboard'];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Serving {
  env: Environment;
  note(line: string): void;
  /** It listens. */
  ready(url: string): Promise<void>;
  /** What a person could type elsewhere. */
  missing: string;
}

/** Runs TensorBoard until it or we are told to end; resolves to an exit code. @throws ClientError where it cannot run */
export async function serve(
  argv: readonly string[],
  { env, note, ready, missing }: Serving,
): Promise<number> {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await ended(child, { note, ready, missing });
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function ended(child: ChildProcess, { note, ready, missing }: Omit<Serving, 'env'>): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    let told = false;
    child.stderr?.on('data', (chunk: Buffer) => {
      if (told) return;
      said += chunk;
      const url = / at (https?:\/\/\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      told = true;
      ready(url).catch(reject);
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'ENOENT'
          ? new ClientError(
              'not_found',
              'TensorBoard is not installed here',
              `pip install tensorboard; or elsewhere: ${missing}`,
            )
          : cause,
      );
    });
    child.once('exit', (code) => {
      if (!told) note(said.trimEnd());
      resolve(told ? 0 : (code ?? 1));
    });
  });
}
