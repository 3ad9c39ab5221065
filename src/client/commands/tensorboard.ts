import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Run, RunsService } from '../../gen/expd/v1/runs.js';
import { whole } from '../arguments.js';
import { ClientError } from '../errors.js';
import { jsonLine } from '../render/output.js';
import { plain } from '../render/plain.js';
import { type LogDirectory, logDirectory, viewOf } from '../tensorboard/log-directory.js';
import { findTensorboard, serve } from '../tensorboard/serve.js';
import { type Context, MANY, verb } from '../verb.js';

export const tensorboard = verb({
  name: 'tensorboard',
  operands: '[RUN…|all]',
  takes: [0, MANY],
  command: 'may',
  summary: 'start TensorBoard on the curves of runs, of a sweep, or of the whole project, and print its link',
  flags: { port: whole('N', 'where it listens; the first free port from 6006 on when left out', 0, 65_535) },
  examples: [
    ['expctl tensorboard', 'all runs of this project; Ctrl-C ends it'],
    ['expctl tensorboard s4', 'the jobs of sweep 4 side by side'],
    ['expctl tensorboard 7 8 -- --samples_per_plugin scalars=0', 'two runs; the rest is for TensorBoard'],
  ],
  async run(context, { operands, flags, command }) {
    const whole = operands.length === 0 || (operands.length === 1 && operands[0] === 'all');
    const shown = whole ? wholeProject(context) : viewOf(await selected(context, operands), context.env);
    try {
      const program = findTensorboard(context.env);
      const port = flags.port === undefined ? [] : ['--port', String(flags.port)];
      const { screen, json } = context;
      return await serve([...program, '--logdir', shown.path, '--host', 'localhost', ...port, ...command], {
        env: context.env,
        note: screen.note,
        ready: async (url) => {
          await screen.write(
            json
              ? jsonLine({ url, logdir: shown.path })
              : `${url}\n${screen.style.paint('dim', plain(shown.what))}\n`,
          );
        },
        missing: `tensorboard --logdir ${shown.path}`,
      });
    } finally {
      shown.remove();
    }
  },
});

/** @throws ClientError where the project has no curves */
function wholeProject(context: Context): LogDirectory {
  const found = logDirectory(context.cwd());
  if (found !== null) return { path: found, what: `all of ${found}`, remove: () => {} };
  throw new ClientError(
    'not_found',
    `neither ${context.cwd()} nor what is above it has outputs/tensorboard`,
    'cd to a project whose runs have logged something, or name runs: expctl tensorboard 7',
  );
}

async function selected({ daemon }: Context, operands: readonly string[]): Promise<Run[]> {
  const request = { states: [], tags: [], sinceMs: 0, name: '', group: '', recent: false, beforeId: 0 };
  const { runs } = await daemon.call(RunsService.list, {
    ...request,
    ...{ runs: [...operands], pageSize: 1000, sweepId: 0, foldSweeps: false },
  });
  if (
    runs.some(({ project, experimentId }) => existsSync(join(project, 'outputs/tensorboard', experimentId)))
  )
    return runs;
  throw new ClientError(
    'not_found',
    'none of these runs has logged anything yet',
    'expctl metrics -f RUN waits for it',
  );
}
