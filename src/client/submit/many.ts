import type { SubmitResponse } from '../../gen/expd/v1/runs.js';
import type { Flags } from '../arguments.js';
import { type Failure, failureOf, USAGE } from '../errors.js';
import { plain } from '../render/plain.js';
import type { Context } from '../verb.js';
import { CodeStates } from './code.js';
import { deliver } from './deliver.js';
import { PLAN_FLAGS, RUN_FLAGS, SWEEP_FLAGS } from './flags.js';
import { shellLimits } from './limits.js';
import { parseLine } from './lines.js';
import { Report } from './report.js';
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
  const limits = shellLimits();
  const lines = new Lines(context, { environment, rlimits: limits.rlimits });
  const flags = { ...RUN_FLAGS, ...PLAN_FLAGS, ...SWEEP_FLAGS };
  const given = new Map([...common].filter(([name]) => name in flags));
  for await (const arrived of arriving(context.stdin())) {
    // Files are read again for what comes later.
    const understanding = new Understanding(context, limits);
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
    private readonly shell: Parameters<typeof deliver>[1],
  ) {
    this.#codes = new CodeStates(context.env, context.screen.note);
  }

  /** Lines of one call. */
  async send(lines: readonly Understood[]): Promise<void> {
    const calls = lines.map(({ call }) => call);
    const submissions = calls.flatMap((call) => call.submissions);
    const directories = submissions.map(({ cwd }) => cwd);
    if (submissions.length > 0) this.context.daemon.connect();
    const code = await this.#codes.soon(directories);
    const blobs = calls.flatMap((call) => call.blobs);
    const answer =
      submissions.length === 0
        ? NOTHING
        : await deliver(this.context.daemon, this.shell, code, {
            submissions,
            sweep: calls[0]?.sweep,
            blobs,
          });
    this.#recorded.push(this.#codes.record(this.context.daemon, answer.results, directories, code));
    await this.#report(lines, answer);
  }

  async end(): Promise<number> {
    await Promise.all(this.#recorded);
    return this.#exit;
  }

  #report(lines: readonly Understood[], { results, notices, sweep }: SubmitResponse): Promise<void> {
    for (const notice of notices) this.context.screen.note(plain(`warning: ${notice}`));
    const report = new Report(this.context);
    let next = 0;
    for (const { line, call, failure } of lines) {
      for (const note of call.notes) report.warn(line, note);
      const own = results.slice(next, next + call.submissions.length);
      next += call.submissions.length;
      if (failure !== null) report.refused(line, failure);
      else if (sweep !== undefined) report.swept(line, sweep, own);
      else for (const result of own) report.answered(line, result);
      if (failure !== null || own.some(({ error }) => error !== undefined)) this.#exit = USAGE;
    }
    return report.show();
  }
}

const NOTHING: SubmitResponse = { results: [], notices: [], sweep: undefined };

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
