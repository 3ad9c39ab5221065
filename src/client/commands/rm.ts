import { type Removed, type RemoveResponse, RunsService } from '../../gen/expd/v1/runs.js';
import { one, toggle } from '../arguments.js';
import { PATIENT_MS } from '../connect.js';
import { ClientError, exitFor } from '../errors.js';
import type { Answer } from '../render/output.js';
import { plain } from '../render/plain.js';
import { inJobs } from '../render/sweep.js';
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
    ['expctl rm --files s4', 'forget sweep s4 with its jobs, and move their files to the trash'],
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

function removed(response: RemoveResponse, flags: { files: boolean; 'dry-run': boolean }): Answer {
  const { results, sweeps } = response;
  const refused = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const done = flags['dry-run'] ? 'would be removed' : 'removed';
  const moved = flags.files && !flags['dry-run'];
  const gone = results.filter(({ error }) => error === undefined);
  const alone = gone.filter(({ sweepId }) => !sweeps.some((sweep) => sweep.sweepId === sweepId));
  return {
    json: {
      dryRun: flags['dry-run'],
      results: results.map(({ runId, paths, error }) => ({
        id: runId || null,
        paths,
        error: error === undefined ? null : { code: error.code, message: error.message, hint: error.hint },
      })),
      sweeps: sweeps.map(({ sweepId, paths }) => ({ id: sweepId, paths })),
    },
    text: () => [
      ...alone.map(({ runId, paths }) => [`run ${runId} ${done}`, ...where(paths, moved)].join('; ')),
      ...sweeps.map(({ sweepId, paths }) => {
        const jobs = gone.filter((one) => one.sweepId === sweepId);
        const what = `sweep s${sweepId} ${done}, ${inJobs(jobs.length)}`;
        return [what, ...where(placesOf(jobs, paths, moved), moved)].join('; ');
      }),
    ],
    warnings: [
      ...refused.map(({ message, hint }) => `expctl: ${message}${hint && `; ${hint}`}`),
      ...(results.length === 0 ? ['nothing to remove'] : []),
    ],
    exit: refused.reduce((worst, { code }) => Math.max(worst, exitFor(code)), 0),
  };
}

const where = (paths: readonly string[], moved: boolean): string[] =>
  paths.length === 0 ? [] : [`its files ${moved ? 'are now in' : 'lie in'} ${paths.map(plain).join(', ')}`];

/** Of a sweep its own directory, which has links to those of its jobs; of what was moved where all of it lies. */
function placesOf(jobs: readonly Removed[], own: readonly string[], moved: boolean): string[] {
  const all = [...own, ...jobs.flatMap(({ paths }) => paths)];
  return moved || own.length === 0 ? commonDirectory(all) : [...own];
}

function commonDirectory(paths: readonly string[]): string[] {
  const [first, ...others] = paths.map((path) => path.split('/'));
  if (first === undefined) return [];
  const differs = first.findIndex((part, n) => others.some((other) => other[n] !== part));
  return [(differs < 0 ? first : first.slice(0, differs)).join('/')];
}
