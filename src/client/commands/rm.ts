import { type RemoveResponse, RunsService } from '../../gen/expd/v1/runs.js';
import { one, toggle } from '../arguments.js';
import { PATIENT_MS } from '../connect.js';
import { ClientError, exitFor } from '../errors.js';
import type { Answer } from '../render/output.js';
import { plain } from '../render/plain.js';
import { requestId } from '../request-id.js';
import { MANY, verb } from '../verb.js';
import { duration } from '../when.js';

export const rm = verb({
  name: 'rm',
  operands: '[RUN…]',
  takes: [0, MANY],
  summary: 'forget finished runs; their files stay unless --files moves them to outputs/.trash',
  flags: {
    files: toggle('move run directories and checkpoints to outputs/.trash/'),
    'older-than': one('DURATION', 'all that ended longer ago than this, e.g. 30d', duration),
    'dry-run': toggle('only say what would be removed'),
  },
  examples: [
    ['expctl rm 7', 'forget run 7 and say where its files lie'],
    ['expctl rm --older-than 30d --dry-run', 'what that would remove'],
  ],
  async run({ daemon }, { flags, operands }) {
    if (operands.length === 0 && flags['older-than'] === undefined)
      throw new ClientError(
        'usage',
        'no run is named',
        'for example: expctl rm 7, expctl rm --older-than 30d',
      );
    const request = {
      requestId: requestId(),
      runs: operands,
      files: flags.files,
      olderThanMs: flags['older-than'] ?? 0,
      dryRun: flags['dry-run'],
    };
    return removed(await daemon.call(RunsService.remove, request, PATIENT_MS), flags);
  },
});

function removed({ results }: RemoveResponse, flags: { files: boolean; 'dry-run': boolean }): Answer {
  const refused = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const done = flags['dry-run'] ? 'would be removed' : 'removed';
  const where = flags.files && !flags['dry-run'] ? 'its files are now in' : 'its files lie in';
  return {
    json: {
      dryRun: flags['dry-run'],
      results: results.map(({ runId, paths, error }) => ({
        id: runId || null,
        paths,
        error: error === undefined ? null : { code: error.code, message: error.message, hint: error.hint },
      })),
    },
    text: () =>
      results
        .filter(({ error }) => error === undefined)
        .map(({ runId, paths }) =>
          [
            `run ${runId} ${done}`,
            ...(paths.length === 0 ? [] : [`${where} ${paths.map(plain).join(', ')}`]),
          ].join('; '),
        ),
    warnings: [
      ...refused.map(({ message, hint }) => `expctl: ${message}${hint && `; ${hint}`}`),
      ...(results.length === 0 ? ['nothing to remove'] : []),
    ],
    exit: refused.reduce((worst, { code }) => Math.max(worst, exitFor(code)), 0),
  };
}
