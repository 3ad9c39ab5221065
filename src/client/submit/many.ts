import type { Submission } from '../../gen/expd/v1/runs.js';
import { read } from '../arguments.js';
import { type Failure, failureOf, USAGE } from '../errors.js';
import { jsonLine } from '../render/output.js';
import { plain } from '../render/plain.js';
import { sentence } from '../render/run.js';
import type { Context } from '../verb.js';
import { resultJson } from './answer.js';
import { CodeStates } from './code.js';
import { deliver } from './deliver.js';
import { withDirectives } from './directives.js';
import { RUN_FLAGS } from './flags.js';
import { shellLimits } from './limits.js';
import { parseLine } from './lines.js';
import { submission } from './submission.js';

type Understood = { line: number } & ({ asked: Submission } | { failure: Failure });

/** At most so many in one call: the answer to a call comes when all of it is durable. */
const AT_ONCE = 1000;

/**
 * `submit -`: each line its own submission, acknowledged in order. What has arrived goes out together, so that a
 * file of a thousand lines is quick and a line typed by hand is answered at once.
 * @returns the exit code: 2 when a line was bad
 */
export async function submitMany(
  context: Context,
  common: ReadonlyMap<string, readonly string[]>,
  environment: Record<string, string>,
): Promise<number> {
  const { screen, json, quiet, env, daemon } = context;
  const codes = new CodeStates(env, screen.note);
  const understand = reader(context, common);
  const recorded: Promise<void>[] = [];
  let exit = 0;

  const tell = (line: number, { message, hint }: Omit<Failure, 'code' | 'exit'>): void => {
    exit = USAGE;
    screen.note(plain(`expctl: line ${line}: ${message}${hint && `; ${hint}`}`));
  };

  for await (const lines of arriving(context.stdin())) {
    const understood = lines.map(understand);
    const asked = understood.flatMap((each) => ('asked' in each ? [each.asked] : []));
    for (const { cwd } of asked) void codes.of(cwd);
    const { results, notices } =
      asked.length === 0 ? { results: [], notices: [] } : await deliver(daemon, environment, asked);
    for (const notice of notices) screen.note(plain(`warning: ${notice}`));
    let next = 0;
    for (const each of understood) {
      if ('failure' in each) {
        tell(each.line, each.failure);
        const { code, message, hint } = each.failure;
        if (json)
          await screen.write(jsonLine({ line: each.line, run: null, error: { code, message, hint } }));
        continue;
      }
      const result = results[next++];
      if (result === undefined) continue;
      for (const warning of result.warnings) screen.note(plain(`warning: line ${each.line}: ${warning}`));
      if (result.error !== undefined) tell(each.line, result.error);
      if (json) await screen.write(jsonLine({ line: each.line, ...resultJson(result) }));
      else if (result.run !== undefined)
        await screen.write(quiet ? `${result.run.id}\n` : `${sentence(result.run, screen.style)}\n`);
    }
    recorded.push(
      codes.record(
        daemon,
        results,
        asked.map(({ cwd }) => cwd),
      ),
    );
  }
  await Promise.all(recorded);
  return exit;
}

/** Flags of the line win over those of the command line, which are for all; then come those of the script. */
function reader({ cwd, now }: Context, common: ReadonlyMap<string, readonly string[]>) {
  const limits = shellLimits();
  const here = cwd();
  const of = new Map(
    Object.keys(RUN_FLAGS).flatMap((name) => (common.has(name) ? [[name, common.get(name)!]] : [])),
  );
  return ({ number: line, text }: NumberedLine): Understood => {
    try {
      const { argv, flags } = parseLine(text);
      const given = withDirectives(argv, new Map([...of, ...flags]), here);
      return { line, asked: submission(argv, read(RUN_FLAGS, given, now()), here, limits) };
    } catch (error) {
      return { line, failure: failureOf(error) };
    }
  };
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
