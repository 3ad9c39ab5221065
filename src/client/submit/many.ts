import type { SubmitResponse, SubmitResult, Sweep } from '../../gen/expd/v1/runs.js';
import type { Flags } from '../arguments.js';
import { type Failure, failureOf, USAGE } from '../errors.js';
import { type Json, jsonLine } from '../render/output.js';
import { plain } from '../render/plain.js';
import { sentence } from '../render/run.js';
import type { Context } from '../verb.js';
import { resultJson, sweepJson, sweepLine } from './answer.js';
import { CodeStates } from './code.js';
import { deliver } from './deliver.js';
import { PLAN_FLAGS, RUN_FLAGS, SWEEP_FLAGS } from './flags.js';
import { parseLine } from './lines.js';
import { type Asked, type Call, Understanding } from './understand.js';

/** At most so many in one call: the answer to a call comes when all of it is durable. */
const AT_ONCE = 1000;

/**
 * `submit -`: each line its own submission, acknowledged in order. What has arrived goes out together, so that a
 * file of a thousand lines is quick and a line typed by hand is answered at once; a sweep is a call of its own.
 * @returns the exit code: 2 when a line was bad
 */
export async function submitMany(
  context: Context,
  common: ReadonlyMap<string, readonly string[]>,
  environment: Record<string, string>,
): Promise<number> {
  const lines = new Lines(context, environment);
  const flags = { ...RUN_FLAGS, ...PLAN_FLAGS, ...SWEEP_FLAGS };
  const given = new Map([...common].filter(([name]) => name in flags));
  for await (const arrived of arriving(context.stdin())) {
    // Files are read again for what comes later.
    const understanding = new Understanding(context);
    let together: Understood[] = [];
    for (const { number, text } of arrived) {
      const understood = await understand(understanding, number, text, given, flags);
      if (understood.call.sweep === undefined) {
        together.push(understood);
        continue;
      }
      await lines.send(together);
      await lines.send([understood]);
      together = [];
    }
    await lines.send(together);
  }
  return lines.end();
}

/** A line and what it asks for: one submission, those of a sweep, or none and why. */
interface Understood {
  line: number;
  call: Pick<Call, 'submissions' | 'sweep' | 'blobs' | 'notes'>;
  failure: Failure | null;
}

/** Flags of the line win over those of the command line, which are for all; then come those of the script. */
async function understand(
  understanding: Understanding,
  line: number,
  text: string,
  common: Asked['words'],
  flags: Flags,
): Promise<Understood> {
  try {
    const { argv, overrides, words } = parseLine(text, flags);
    const call = await understanding.of({ argv, overrides, words: new Map([...common, ...words]) });
    return { line, call, failure: null };
  } catch (error) {
    const nothing = { submissions: [], sweep: undefined, blobs: [], notes: [] };
    return { line, call: nothing, failure: failureOf(error) };
  }
}

class Lines {
  readonly #codes: CodeStates;
  readonly #recorded: Promise<void>[] = [];
  #exit = 0;

  constructor(
    private readonly context: Context,
    private readonly environment: Record<string, string>,
  ) {
    this.#codes = new CodeStates(context.env, context.screen.note);
  }

  /** Lines of one call. */
  async send(lines: readonly Understood[]): Promise<void> {
    const { daemon, screen } = this.context;
    const calls = lines.map(({ call }) => call);
    const submissions = calls.flatMap((call) => call.submissions);
    const directories = submissions.map(({ cwd }) => cwd);
    for (const directory of new Set(directories)) void this.#codes.of(directory);
    const blobs = calls.flatMap((call) => call.blobs);
    const { results, notices, sweep }: SubmitResponse =
      submissions.length === 0
        ? { results: [], notices: [], sweep: undefined }
        : await deliver(daemon, this.environment, { submissions, sweep: calls[0]?.sweep, blobs });
    for (const notice of notices) screen.note(plain(`warning: ${notice}`));
    let next = 0;
    for (const { line, call, failure } of lines) {
      for (const note of call.notes) screen.note(plain(`warning: line ${line}: ${note}`));
      const own = results.slice(next, next + call.submissions.length);
      next += call.submissions.length;
      if (failure !== null) await this.#refused(line, failure);
      else if (sweep !== undefined) await this.#swept(line, sweep, own);
      else for (const result of own) await this.#answered(line, result);
    }
    this.#recorded.push(this.#codes.record(daemon, results, directories));
  }

  async end(): Promise<number> {
    await Promise.all(this.#recorded);
    return this.#exit;
  }

  async #refused(line: number, { code, message, hint }: Failure): Promise<void> {
    this.#tell(line, { message, hint });
    if (this.context.json) await this.#json({ line, run: null, error: { code, message, hint } });
  }

  async #answered(line: number, result: SubmitResult): Promise<void> {
    const { screen, json, quiet } = this.context;
    for (const warning of result.warnings) screen.note(plain(`warning: line ${line}: ${warning}`));
    if (result.error !== undefined) this.#tell(line, result.error);
    if (json) await this.#json({ line, ...resultJson(result) });
    else if (result.run !== undefined)
      await screen.write(quiet ? `${result.run.id}\n` : `${sentence(result.run, screen.style)}\n`);
  }

  async #swept(line: number, sweep: Sweep, results: readonly SubmitResult[]): Promise<void> {
    const { screen, json, quiet } = this.context;
    for (const warning of new Set(results.flatMap(({ warnings }) => warnings)))
      screen.note(plain(`warning: line ${line}: ${warning}`));
    if (json) await this.#json({ line, sweep: sweepJson(sweep), results: results.map(resultJson) });
    else await screen.write(`${quiet ? `s${sweep.id}` : sweepLine(sweep, results, screen.style)}\n`);
  }

  #tell(line: number, { message, hint }: Pick<Failure, 'message' | 'hint'>): void {
    this.#exit = USAGE;
    this.context.screen.note(plain(`expctl: line ${line}: ${message}${hint && `; ${hint}`}`));
  }

  #json(value: { [key: string]: Json }): Promise<void> {
    return this.context.screen.write(jsonLine(value));
  }
}

interface NumberedLine {
  number: number;
  text: string;
}

/** Lines as they arrive, all that are there at a time; empty ones are left out. */
async function* arriving(input: NodeJS.ReadableStream): AsyncGenerator<NumberedLine[]> {
  let torn = '';
  let number = 0;
  input.setEncoding('utf8');
  for await (const chunk of input) {
    const lines = (torn + chunk).split('\n');
    torn = lines.pop() ?? '';
    yield* portions(lines);
  }
  yield* portions(torn === '' ? [] : [torn]);

  function* portions(lines: readonly string[]): Generator<NumberedLine[]> {
    const numbered = lines
      .map((text) => ({ number: ++number, text: text.trim() }))
      .filter(({ text }) => text !== '');
    for (let at = 0; at < numbered.length; at += AT_ONCE) yield numbered.slice(at, at + AT_ONCE);
  }
}
