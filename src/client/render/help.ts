import type { Flag } from '../arguments.js';
import type { Verb } from '../verb.js';
import type { Style } from './output.js';

/** How the verb is written: `expctl logs RUN [flags]`. */
export function usage({ name, operands, command, flags }: Verb): string {
  const tail = command === 'must' ? '-- COMMAND…' : command === 'may' ? '[-- WORD…]' : '';
  const some = Object.keys(flags).length > 0 ? '[flags]' : '';
  return ['expctl', name, operands, some, tail].filter((part) => part !== '').join(' ');
}

/** `-f, --follow`, `--name NAME`. */
export const flagWords = (name: string, { short, value }: Flag<unknown>): string =>
  `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;

export function overview(verbs: readonly Verb[], { paint }: Style): string[] {
  const widest = Math.max(...verbs.map(({ name }) => name.length));
  return [
    'expctl: submit it and go home',
    '',
    ...[
      ['expctl submit -- python train.py --lr 0.1', 'queue a command; it runs in this directory'],
      ['expctl ls', 'what is going on'],
      ['expctl logs -f @', 'follow the newest run; Ctrl-C detaches, the run goes on'],
      ['expctl wait 1 && echo good', 'its exit code'],
    ].map(([line, what]) => `  ${line!.padEnd(43)} ${paint('dim', what!)}`),
    '',
    'Runs are named like 7, 3,5-9, @ (the newest), @~1, or by name (the newest of that name).',
    '',
    ...verbs.map(({ name, summary }) => `  ${paint('bold', name.padEnd(widest))}  ${summary}`),
    '',
    'Every verb takes --json (one documented JSON value), --no-start and --help.',
  ];
}

export function verbHelp(verb: Verb, { paint }: Style): string[] {
  const flags = Object.entries(verb.flags).map(
    ([name, flag]) => [flagWords(name, flag), flag.about] as const,
  );
  const widest = Math.max(0, ...flags.map(([words]) => words.length));
  return [
    paint('bold', usage(verb)),
    `  ${verb.summary}`,
    ...(verb.aliases?.length ? [`  also: ${verb.aliases.join(', ')}`] : []),
    '',
    ...verb.examples.flatMap(([line, what]) => [`  ${line}`, `      ${paint('dim', what)}`]),
    ...(flags.length === 0 ? [] : ['']),
    ...flags.map(([words, about]) => `  ${words.padEnd(widest)}  ${about}`),
  ];
}
