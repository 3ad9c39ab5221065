import type { Json } from '../../../../src/hydra/typed-json.js';
import type { Answer, Question } from '../../../conformance/answers.js';
import { changes } from './changes.js';

// Answers as text that people can review. Of errors there is the kind; of a configuration that is like the one before,
// and of its resolved form, what is different.

export function render(questions: readonly Question[], answers: readonly Answer[]): string {
  const shown = new Shown();
  return questions.map((question, index) => section(question, answers[index], shown)).join('\n');
}

/** The last text of each name. */
class Shown {
  readonly #texts = new Map<string, string>();

  /** All of it, or what is different from the last of this name. */
  next(name: string, text: string): string {
    const before = this.#texts.get(name);
    this.#texts.set(name, text);
    return before === undefined ? `--- ${name}\n${text}` : `--- ${name}, changed\n${changes(before, text)}`;
  }
}

function section({ id }: Question, answer: Answer | undefined, shown: Shown): string {
  const head = `=== ${String(id)}`.trimEnd();
  if (answer === undefined || 'error' in answer)
    return `${head}\n!!! ${answer?.error.type ?? 'unanswered'}\n`;
  const { defaults, job, hydra_yaml, hydra_resolved, jobs, ...rest } = fields(answer.ok);
  return [
    `${head}\n`,
    ...Object.entries(rest).map(one),
    ...(isList(defaults) ? ['--- defaults\n', ...defaults.map((row) => `${JSON.stringify(row)}\n`)] : []),
    ...(job === undefined ? [] : [configuration(fields(job), shown)]),
    ...(hydra_yaml === undefined ? [] : [shown.next('hydra', String(hydra_yaml))]),
    ...Object.entries(fields(hydra_resolved)).map(one),
    ...(isList(jobs) ? jobs.map((row) => jobOf(fields(row), shown)) : []),
  ].join('');
}

function configuration({ yaml, resolved }: { [key: string]: Json }, shown: Shown): string {
  const { inplace_yaml, container } = fields(resolved);
  return [
    shown.next('job', String(yaml)),
    typeof inplace_yaml === 'string'
      ? `--- resolved\n${changes(String(yaml), inplace_yaml)}`
      : one(['resolved', inplace_yaml ?? null]),
    ...(isError(container) ? [one(['as a container', container])] : []),
  ].join('');
}

function jobOf({ config_yaml, overrides_yaml: _, ...rest }: { [key: string]: Json }, shown: Shown): string {
  return `${JSON.stringify(rest)}\n${shown.next('job', String(config_yaml))}`;
}

const one = ([name, value]: [string, Json]): string =>
  isError(value)
    ? `--- ${name}: !!! ${String(fields(fields(value).error).type)}\n`
    : `--- ${name}: ${JSON.stringify(value)}\n`;

const isError = (value: Json | undefined): value is Json => value !== undefined && 'error' in fields(value);

const isList = (value: Json | undefined): value is Json[] => Array.isArray(value);

const fields = (value: Json | undefined): { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
