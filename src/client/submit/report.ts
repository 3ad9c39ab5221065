import type { SubmitResult, Sweep } from '../../gen/expd/v1/runs.js';
import type { Failure } from '../errors.js';
import { type Json, jsonLine } from '../render/output.js';
import { plain } from '../render/plain.js';
import { sentence } from '../render/run.js';
import { sweepJson } from '../render/sweep.js';
import type { Context } from '../verb.js';
import { resultJson, sweepLine } from './answer.js';

/**
 * What became of the lines of one call. It is gathered and shown together: a thousand small writes take longer than
 * all that was done for them, and what is true of many lines is said once.
 */
export class Report {
  #text = '';
  /** Lines by what they are warned of. */
  readonly #warned = new Map<string, number[]>();

  constructor(private readonly context: Pick<Context, 'screen' | 'json' | 'quiet'>) {}

  warn(line: number, warning: string): void {
    const lines = this.#warned.get(warning);
    if (lines === undefined) this.#warned.set(warning, [line]);
    else lines.push(line);
  }

  refused(line: number, { code, message, hint }: Failure): void {
    this.#wrong(line, { message, hint });
    this.#add({ line, run: null, error: { code, message, hint } }, null);
  }

  answered(line: number, result: SubmitResult): void {
    for (const warning of result.warnings) this.warn(line, warning);
    if (result.error !== undefined) this.#wrong(line, result.error);
    const { run } = result;
    this.#add({ line, ...resultJson(result) }, run === undefined ? null : [run.id, (s) => sentence(run, s)]);
  }

  swept(line: number, sweep: Sweep, results: readonly SubmitResult[]): void {
    for (const warning of new Set(results.flatMap(({ warnings }) => warnings))) this.warn(line, warning);
    this.#add({ line, sweep: sweepJson(sweep), results: results.map(resultJson) }, [
      `s${sweep.id}`,
      (style) => sweepLine(sweep, results, style),
    ]);
  }

  async show(): Promise<void> {
    const { screen } = this.context;
    for (const [warning, lines] of this.#warned) screen.note(plain(`warning: ${where(lines)}: ${warning}`));
    if (this.#text !== '') await screen.write(this.#text);
  }

  #wrong(line: number, { message, hint }: Pick<Failure, 'message' | 'hint'>): void {
    this.context.screen.note(plain(`expctl: line ${line}: ${message}${hint && `; ${hint}`}`));
  }

  /** `said`: the bare id, and the line for people; null: only JSON says something. */
  #add(
    json: { readonly [key: string]: Json },
    said: [id: number | string, text: (style: Context['screen']['style']) => string] | null,
  ): void {
    if (this.context.json) this.#text += jsonLine(json);
    else if (said !== null)
      this.#text += `${this.context.quiet ? said[0] : said[1](this.context.screen.style)}\n`;
  }
}

const where = (lines: readonly number[]): string =>
  lines.length === 1 ? `line ${lines[0]}` : `${lines.length} lines, the first is line ${lines[0]}`;
