import { existsSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { filterEnvironment } from '../../environment.js';
import { type EnvironmentChange, RunsService } from '../../gen/expd/v1/runs.js';
import { list, text, toggle } from '../arguments.js';
import { ClientError } from '../errors.js';
import { requestId } from '../request-id.js';
import { pairs } from '../submit/pairs.js';
import { type Context, MANY, verb } from '../verb.js';
import { acted } from './act.js';

/** What may differ from the stored environment. */
export const ENVIRONMENT_FLAGS = {
  env: list('NAME=VALUE', 'set a variable, in addition to the stored environment'),
  'env-drop': list('NAME', 'leave a variable out; NAME* for all that begin so'),
  'env-from-shell': toggle("take this shell's environment instead of the stored one"),
};

interface EnvironmentFlags {
  env: readonly string[];
  'env-drop': readonly string[];
  'env-from-shell': boolean;
}

export function environmentChange(flags: EnvironmentFlags, { env }: Context): EnvironmentChange {
  const replace = flags['env-from-shell'];
  return {
    set: pairs(flags.env),
    drop: [...flags['env-drop']],
    replace,
    replacement: replace ? filterEnvironment(env).environment : {},
  };
}

export const retry = verb({
  name: 'retry',
  aliases: ['redo', 'restart'],
  operands: 'RUN…',
  takes: [1, MANY],
  summary: 'run failed or cancelled runs again, from their newest checkpoint',
  flags: {
    failed: toggle('of these only the failed ones'),
    fresh: toggle('start from nothing although there is a checkpoint'),
    ...ENVIRONMENT_FLAGS,
  },
  examples: [
    ['expctl retry 7', 'another attempt of run 7, going on from its newest checkpoint'],
    ['expctl retry 7 --fresh', 'the same from the start'],
    ['expctl retry --failed s4', 'the failed jobs of sweep s4'],
  ],
  async run(context, { flags, operands }) {
    const response = await context.daemon.call(RunsService.retry, {
      requestId: requestId(),
      runs: operands,
      fresh: flags.fresh,
      failedOnly: flags.failed,
      environment: environmentChange(flags, context),
    });
    const answer = acted(response, 'queued again');
    return response.results.length > 0 ? answer : { ...answer, warnings: ['none of them has failed'] };
  },
});

export const resume = verb({
  name: 'resume',
  operands: 'RUN',
  takes: [1, 1],
  summary: 'run a finished run on, from a checkpoint of your choice',
  flags: {
    from: text('best|STEP|NAME|PATH', 'the checkpoint; the newest when left out'),
    ...ENVIRONMENT_FLAGS,
  },
  examples: [
    ['expctl resume 7', 'another attempt of run 7, whatever its end, from its newest checkpoint'],
    ['expctl resume 7 --from 2000', 'from the checkpoint of step 2000'],
    ['expctl resume 7 --from best', 'from the best one by its --metric'],
  ],
  run: async (context, { flags, operands }) =>
    acted(
      await context.daemon.call(RunsService.resume, {
        requestId: requestId(),
        run: operands[0]!,
        from: flags.from === undefined ? '' : checkpoint(flags.from, context.cwd()),
        environment: environmentChange(flags, context),
      }),
      'queued again',
    ),
});

/** A step, by its number or as its directory is called; else a path of this shell where there is one, or a name of the run's. */
function checkpoint(word: string, cwd: string): string {
  if (word === '')
    throw new ClientError('usage', '--from names no checkpoint', 'name best, a step or a path');
  const step = /^(?:step-0*)?(\d+)$/.exec(word)?.[1];
  if (step !== undefined || word === 'best') return step ?? word;
  const path = resolvePath(cwd, word);
  return existsSync(path) || /^\.{0,2}\//.test(word) ? path : word;
}
