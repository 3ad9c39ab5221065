import { filterEnvironment } from '../../environment.js';
import type { Run } from '../../gen/expd/v1/runs.js';
import { holdsSecret, redactArgv } from '../../secrets.js';
import { read } from '../arguments.js';
import { show } from '../cli.js';
import { ClientError } from '../errors.js';
import { detachable } from '../interrupt.js';
import type { Answer } from '../render/output.js';
import { plain, shellLine } from '../render/plain.js';
import type { Context } from '../verb.js';
import { submitted } from './answer.js';
import { CodeStates } from './code.js';
import { deliver } from './deliver.js';
import { withDirectives } from './directives.js';
import { RUN_FLAGS } from './flags.js';
import { shellLimits } from './limits.js';
import { submission } from './submission.js';

export interface Asked {
  argv: string[];
  words: ReadonlyMap<string, readonly string[]>;
}

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

/** Said in words of their own, or, for what a variable holds, not at all. */
const SHOWN: ReadonlySet<string> = new Set(['name', 'cwd', 'project', 'env']);

/** What would be submitted. */
export function rehearse(context: Context, { argv, words }: Asked, noSecrets: boolean): Answer {
  const { environment, left } = environmentOf(context, noSecrets);
  const asked = understand(context, { argv, words });
  const secret = holdsSecret(argv)
    ? ['the command holds what looks like a secret; it will be stored as it is']
    : [];
  return {
    json: {
      dryRun: true,
      argv: redactArgv(argv),
      cwd: asked.cwd,
      project: asked.project,
      name: asked.name || null,
      variables: Object.keys(environment).sort(),
    },
    text: () => [
      `would submit: ${shellLine(redactArgv(argv))}`,
      `  directory  ${plain(asked.cwd)}`,
      `  project    ${plain(asked.project)}`,
      `  name       ${plain(asked.name) || 'that of its script'}`,
      ...[...words].flatMap(([name, values]) =>
        name in RUN_FLAGS && !SHOWN.has(name)
          ? [`  ${name.padEnd(9)}  ${plain(values.join(', ')) || 'yes'}`]
          : [],
      ),
      ...Object.keys(asked.envSet).map((name) => `  env        ${plain(name)}`),
      `  variables  ${Object.keys(environment).length}`,
    ],
    warnings: [...left, ...secret].map((warning) => `warning: ${warning}`),
  };
}

/** Submits one run and says so. The state of its code follows when git has found it out. */
export async function submitOne(
  context: Context,
  asked: Asked,
  noSecrets: boolean,
): Promise<{ run: Run; exit: number; recorded: Promise<void> } | { run: null; exit: number }> {
  const { daemon, screen } = context;
  const codes = new CodeStates(context.env, screen.note);
  const what = understand(context, asked);
  void codes.of(what.cwd);
  const { environment, left } = environmentOf(context, noSecrets);
  const unknown = (): string => 'interrupted before the answer: expctl ls shows whether it is queued';
  const answer = await detachable(screen, unknown, () => deliver(daemon, environment, [what]));
  const report = submitted(answer, context.quiet, left);
  await show(report, context);
  const run = answer.results[0]?.run;
  if (run === undefined) return { run: null, exit: report.exit ?? 1 };
  return { run, exit: 0, recorded: codes.record(daemon, answer.results, [what.cwd]) };
}

function understand({ cwd, now }: Context, { argv, words }: Asked) {
  if (argv.length === 0)
    throw new ClientError('usage', 'no command stands behind --', 'expctl submit -- python train.py');
  const here = cwd();
  const given = withDirectives(argv, words, here);
  return submission(argv, read(RUN_FLAGS, given, now()), here, shellLimits());
}
