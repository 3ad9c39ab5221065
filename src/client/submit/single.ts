import { filterEnvironment } from '../../environment.js';
import type { Run, SubmitResponse } from '../../gen/expd/v1/runs.js';
import { show } from '../cli.js';
import { ClientError } from '../errors.js';
import { detachable } from '../interrupt.js';
import type { Context } from '../verb.js';
import { submitted } from './answer.js';
import { CodeStates } from './code.js';
import { deliver } from './deliver.js';
import { shellLimits } from './limits.js';
import { type Asked, refuseSweepFlags, Understanding } from './understand.js';

/** What is left out of the environment, and said. */
export function environmentOf(
  { env }: Context,
  noSecrets: boolean,
): { environment: Record<string, string>; left: string[] } {
  const { environment, secrets } = filterEnvironment(env, { noSecrets });
  return {
    environment,
    left: secrets.length === 0 ? [] : [`left out of the environment: ${secrets.join(', ')}`],
  };
}

/** What a command line asks for. @throws ClientError when it says both ways, or none */
export function askedBy(operands: readonly string[], command: string[], words: Asked['words']): Asked {
  if (command.length === 0) return { argv: [], overrides: [...operands], words };
  if (operands.length > 0)
    throw new ClientError(
      'usage',
      `${JSON.stringify(operands[0])} stands before a command`,
      'write overrides of a program behind it: -- python train.py lr=0.1',
    );
  return { argv: command, overrides: null, words };
}

export interface Outcome {
  /** What stands in the queue: the run, or the first job of the sweep. */
  run: Run;
  /** As people name it: `7`, `s4`. */
  name: string;
  exit: number;
  /** The state of its code follows when git has found it out. */
  recorded: Promise<void>;
}

/** Submits a run or a sweep and says so; null where nothing was accepted, with the exit code. */
export async function submitOne(
  context: Context,
  asked: Asked,
  noSecrets: boolean,
): Promise<Outcome | { run: null; exit: number }> {
  const { daemon, screen } = context;
  const codes = new CodeStates(context.env, screen.note);
  const limits = shellLimits();
  const call = await new Understanding(context, limits).of(asked);
  refuseSweepFlags(call, asked.words);
  const directories = call.submissions.map(({ cwd }) => cwd);
  for (const directory of new Set(directories)) void codes.of(directory);
  daemon.connect();
  const { environment, left } = environmentOf(context, noSecrets);
  const shell = { environment, rlimits: limits.rlimits };
  const code = await codes.soon(directories);
  const unknown = (): string => 'interrupted before the answer: expctl ls shows whether it is queued';
  const answer = await detachable(screen, unknown, () => deliver(daemon, shell, code, call));
  const report = submitted(answer, context.quiet, [...left, ...call.notes]);
  await show(report, context);
  const run = firstRun(answer);
  if (run === undefined) return { run: null, exit: report.exit ?? 1 };
  const name = answer.sweep === undefined ? String(run.id) : `s${answer.sweep.id}`;
  return { run, name, exit: 0, recorded: codes.record(daemon, answer.results, directories, code) };
}

const firstRun = ({ results }: SubmitResponse): Run | undefined =>
  results.map(({ run }) => run).find((run) => run !== undefined);
