import type { SubmitResponse, SubmitResult, Sweep } from '../../gen/expd/v1/runs.js';
import { exitFor } from '../errors.js';
import type { Answer, Style } from '../render/output.js';
import { plain } from '../render/plain.js';
import { runJson, sentence } from '../render/run.js';
import { sweepJson } from '../render/sweep.js';

/** What became of submissions. `extra`: what the client itself has to warn of. */
export function submitted(
  { results, notices, sweep }: SubmitResponse,
  quiet: boolean,
  extra: readonly string[] = [],
): Answer {
  const refused = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return {
    json: {
      results: results.map(resultJson),
      notices,
      ...(sweep !== undefined && { sweep: sweepJson(sweep) }),
    },
    text: (style) =>
      sweep === undefined
        ? results.flatMap((result) => runLine(result, quiet, style))
        : [quiet ? `s${sweep.id}` : sweepLine(sweep, results, style)],
    warnings: [...new Set([...extra, ...results.flatMap(({ warnings }) => warnings), ...notices])]
      .map((warning) => `warning: ${warning}`)
      .concat(refused.map(({ message, hint }) => `expctl: ${message}${hint && `; ${hint}`}`)),
    exit: refused.reduce((worst, { code }) => Math.max(worst, exitFor(code)), 0),
  };
}

function runLine({ run, existing }: SubmitResult, quiet: boolean, style: Style): string[] {
  if (run === undefined) return [];
  if (quiet) return [String(run.id)];
  const where = `  ${plain(run.name)}  project ${plain(run.project)}`;
  return [`${sentence(run, style)}${existing ? ' (has this key already)' : ''}${style.paint('dim', where)}`];
}

/** `sweep s4 submitted: 6 runs: lr × seed  train  project /home/ada/digits` */
export function sweepLine(
  { id, jobs, axes, name, project }: Sweep,
  results: readonly SubmitResult[],
  style: Style,
): string {
  const added = results.filter(({ run, existing }) => run !== undefined && !existing).length;
  const what = `${jobs} ${jobs === 1 ? 'run' : 'runs'}${axes && `: ${plain(axes)}`}`;
  const news = added === jobs ? 'submitted' : added === 0 ? 'has this key already' : `${added} added`;
  return `sweep s${id} ${news}: ${what}${style.paint('dim', `  ${plain(name)}  project ${plain(project)}`)}`;
}

export const resultJson = ({ run, existing, error, warnings }: SubmitResult) => ({
  run: run === undefined ? null : runJson(run),
  existing,
  error: error === undefined ? null : { code: error.code, message: error.message, hint: error.hint },
  warnings,
});
