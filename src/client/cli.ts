import { refuseAltered } from './altered.js';
import { type Flags, nearest, read, refuseUnknown, type Split, split, toggle } from './arguments.js';
import { openDaemon } from './connect.js';
import { ClientError, type Failure, failureOf, OWN_ERROR } from './errors.js';
import { laterVerb } from './later.js';
import { type Answer, jsonLine } from './render/output.js';
import { plain, shellLine } from './render/plain.js';
import type { Screen } from './screen.js';
import { starterFor } from './start.js';
import type { Context, Verb } from './verb.js';
import { findVerb, VERBS } from './verbs.js';
import { whereabouts } from './where.js';

/** What every verb takes. */
export const EVERYWHERE = {
  json: toggle('answer as one JSON value'),
  'no-start': toggle('do not start a daemon when none runs'),
  help: toggle('show this help', 'h'),
} satisfies Flags;

export type World = Pick<Context, 'env' | 'cwd' | 'now' | 'stdin' | 'screen'>;

/** Does what the words say; resolves to the exit code. Never rejects. */
export async function expctl(words: readonly string[], world: World): Promise<number> {
  const ordered = verbFirst(words);
  const found = findVerb(ordered);
  let passesOn = false;
  try {
    if (found === null) return await withoutVerb(ordered, world);
    const { verb } = found;
    const flags: Flags = { ...verb.flags, ...EVERYWHERE };
    const given = split(ordered.slice(found.length), flags);
    passesOn = verb.passesOn?.(given.flags) ?? false;
    if (given.flags.has('help')) return await answer(verb.name.split(' '), world);
    check(verb, given, ordered.slice(found.length), flags);
    return await perform(verb, given, world);
  } catch (error) {
    const failure = failureOf(error);
    tell(world.screen, failure, wantsJson(words));
    if (world.env.EXPD_DEBUG) world.screen.note(error instanceof Error ? `${error.stack}` : String(error));
    return passesOn ? OWN_ERROR : failure.exit;
  }
}

async function perform(verb: Verb, given: Split, world: World): Promise<number> {
  const flags = read({ ...EVERYWHERE, ...verb.flags }, given.flags, world.now());
  const places = whereabouts(world.env);
  const daemon = openDaemon(
    places,
    starterFor({
      env: world.env,
      places,
      allowed: verb.starts !== 'never' && !flags['no-start'] && !world.env.EXPD_NO_START,
      evenIfStopped: verb.starts === 'always',
      note: world.screen.note,
    }),
  );
  const context: Context = {
    ...world,
    places,
    daemon,
    json: flags.json,
    quiet: given.flags.has('quiet'),
  };
  try {
    const outcome = await verb.run(context, {
      flags,
      operands: given.operands,
      command: given.command ?? [],
      words: given.flags,
    });
    if (typeof outcome === 'number') return outcome;
    await show(outcome, context);
    return outcome.exit ?? 0;
  } finally {
    daemon.close();
  }
}

/** The same answer as JSON or as text. */
export async function show(
  answer: Answer,
  { json, screen }: Pick<Context, 'json' | 'screen'>,
): Promise<void> {
  for (const warning of answer.warnings ?? []) screen.note(plain(warning));
  const text = json
    ? jsonLine(answer.json)
    : answer
        .text(screen.style)
        .map((line) => `${line}\n`)
        .join('');
  if (text !== '') await screen.write(text);
}

/** `expctl --json ls`: flags may stand before the verb. */
function verbFirst(words: readonly string[]): string[] {
  const verbAt = words.findIndex((word) => !word.startsWith('-'));
  const leading = words.slice(0, Math.max(0, verbAt));
  if (leading.length === 0 || leading.includes('--')) return [...words];
  const rest = words.slice(verbAt);
  const end = rest.includes('--') ? rest.indexOf('--') : rest.length;
  return [...rest.slice(0, end), ...leading, ...rest.slice(end)];
}

async function withoutVerb(words: readonly string[], world: World): Promise<number> {
  const [first] = words;
  if (first === undefined || first === '--help' || first === '-h') return answer([], world);
  if (first === '--version' || first === '-V') return expctl(['version', ...words.slice(1)], world);
  const later = laterVerb(words);
  if (later !== null) throw later;
  const parts = VERBS.filter(({ name }) => name.startsWith(`${first} `)).map(
    ({ name }) => name.split(' ')[1],
  );
  if (parts.length > 0)
    throw new ClientError('usage', `${first} needs one of ${parts.join(', ')}`, `expctl help ${first}`);
  const names = VERBS.flatMap(({ name, aliases = [] }) => [name.split(' ')[0]!, ...aliases]);
  const near = nearest(first, [...new Set(names)]);
  throw new ClientError(
    'usage',
    first.startsWith('-') ? 'a verb is missing' : `there is no verb ${JSON.stringify(first)}`,
    near === null ? 'expctl help lists them' : `did you mean expctl ${near}?`,
  );
}

const answer = (topic: string[], world: World): Promise<number> => expctl(['help', ...topic], world);

/** Throws what is wrong with the command line. */
function check(verb: Verb, given: Split, words: readonly string[], flags: Flags): void {
  if (verb.command !== undefined && given.command === null) withoutDashes(verb, given, words);
  refuseUnknown(verb.name, given.unknown, flags);
  if (given.command !== null && verb.command === undefined)
    throw new ClientError('usage', `${verb.name} takes no command behind --`, `expctl help ${verb.name}`);
  refuseAltered(given.command ?? []);
  const [fewest, most] = verb.takes;
  if (verb.command !== 'may' && given.command !== null && given.command.length === 0)
    throw new ClientError(
      'usage',
      'no command stands behind --',
      `write expctl ${verb.name} -- python train.py`,
    );
  if (given.operands.length < fewest)
    throw new ClientError(
      'usage',
      `${verb.name} needs ${verb.operands}`,
      verb.examples[0] === undefined ? `expctl help ${verb.name}` : `for example: ${verb.examples[0][0]}`,
    );
  if (given.operands.length > most)
    throw new ClientError(
      'usage',
      `${JSON.stringify(given.operands[most])} is too much for ${verb.name}`,
      `expctl help ${verb.name} shows how it is written`,
    );
}

/** `lr=0.1`, `+model@net=big`, `~trainer`. */
const OVERRIDE = /^(?:~|\+{0,2}[^\s=+~-][^\s=]*=)/;

/** `expctl submit python train.py`: the command is there, the `--` is not. */
function withoutDashes(verb: Verb, given: Split, words: readonly string[]): void {
  const first = given.operands[0];
  if (verb.command === 'may' || first === undefined) return;
  if (verb.command === 'orOverrides' && (first === '-' || OVERRIDE.test(first))) return;
  const at = given.firstOperand ?? 0;
  const meant = ['expctl', verb.name, ...words.slice(0, at), '--', ...words.slice(at)];
  throw new ClientError('usage', 'the command stands behind --', `did you mean \`${shellLine(meant)}\`?`);
}

const wantsJson = (words: readonly string[]): boolean => {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
};

/** One line for people, with what belongs below it; a program that asked for JSON gets the same as JSON besides. */
function tell(screen: Screen, { code, message, hint, lines = [] }: Failure, json: boolean): void {
  if (json)
    void screen.write(jsonLine({ error: { code, message, hint, ...(lines.length > 0 && { lines }) } }));
  screen.note(plain(`expctl: ${message}${hint === '' ? '' : `; ${hint}`}`));
  for (const line of lines) screen.note(plain(line));
}
