import type { SubmitResponse, SubmitResult } from '../../gen/expd/v1/runs.js';
import { exitFor } from '../errors.js';
import type { Answer } from '../render/output.js';
import { plain } from '../render/plain.js';
import { runJson, sentence } from '../render/run.js';

/** What became of submissions. `extra`: what the client itself has to warn of. */
export function submitted(
  { results, notices }: SubmitResponse,
  quiet: boolean,
  extra: readonly string[] = [],
): Answer {
  const refused = results.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return {
    json: { results: results.map(resultJson), notices },
    text: (style) =>
      results.flatMap(({ run, existing }) => {
        if (run === undefined) return [];
        if (quiet) return [String(run.id)];
        const where = `  ${plain(run.name)}  project ${plain(run.project)}`;
        return [
          `${sentence(run, style)}${existing ? ' (has this key already)' : ''}${style.paint('dim', where)}`,
        ];
      }),
    warnings: [...new Set([...extra, ...results.flatMap(({ warnings }) => warnings), ...notices])]
      .map((warning) => `warning: ${warning}`)
      .concat(refused.map(({ message, hint }) => `expctl: ${message}${hint && `; ${hint}`}`)),
    exit: refused.reduce((worst, { code }) => Math.max(worst, exitFor(code)), 0),
  };
}

export const resultJson = ({ run, existing, error, warnings }: SubmitResult) => ({
  run: run === undefined ? null : runJson(run),
  existing,
  error: error === undefined ? null : { code: error.code, message: error.message, hint: error.hint },
  warnings,
});
