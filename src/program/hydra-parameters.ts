import { argumentsOf, constantText } from './literal.js';
import { type Token, tokens } from './tokens.js';

/** What a source gives for a parameter of `hydra.main`. */
export type Parameter =
  | { kind: 'unset' }
  | { kind: 'none' }
  | { kind: 'text'; text: string }
  /** Only Python knows; as written. */
  | { kind: 'expression'; expression: string };

/** The parameters of a `hydra.main`, as its source gives them: no default is filled in, nothing is resolved. */
export interface HydraMain {
  configPath: Parameter;
  configName: Parameter;
  versionBase: Parameter;
  /** The line of `hydra.main`, from 1. */
  line: number;
}

const PARAMETERS = ['config_path', 'config_name', 'version_base'];

/** Those of the call whose brackets stand at `open` and `close`; `at` is where it begins. */
export function parametersOf(
  { at, open, close }: { at: number; open: number; close: number },
  source: string,
): HydraMain {
  const text = source.slice(open, close + 1);
  // Without its brackets and the end of the line.
  const between = tokens(text).slice(1, -2);
  const given = new Map<string, Parameter>();
  // What `*more` and `**more` give may be any of those that are not named.
  let rest: Parameter = { kind: 'unset' };
  argumentsOf(between).forEach((argument, position) => {
    const name = argument[1]?.text === '=' ? argument[0]!.text : PARAMETERS[position];
    const value = argument[1]?.text === '=' ? argument.slice(2) : argument;
    if (/^\*\*?$/.test(argument[0]!.text)) rest = expression(argument, text);
    else if (name !== undefined && value.length > 0) given.set(name, parameter(value, text));
  });
  const [configPath, configName, versionBase] = PARAMETERS.map((name) => given.get(name) ?? rest);
  return {
    configPath: configPath!,
    configName: configName!,
    versionBase: versionBase!,
    line: lineOf(source, at),
  };
}

function parameter(value: readonly Token[], source: string): Parameter {
  if (value.length === 1 && value[0]!.text === 'None') return { kind: 'none' };
  const text = constantText(value);
  return text === undefined ? expression(value, source) : { kind: 'text', text };
}

const expression = (list: readonly Token[], source: string): Parameter => ({
  kind: 'expression',
  expression: source.slice(list[0]!.at, list.at(-1)!.end),
});

/** Where several may run, what they agree on. */
export function agreed(one: HydraMain, other: HydraMain): HydraMain {
  const both = (a: Parameter, b: Parameter): Parameter =>
    JSON.stringify(a) === JSON.stringify(b)
      ? a
      : { kind: 'expression', expression: `one of several @hydra.main` };
  return {
    configPath: both(one.configPath, other.configPath),
    configName: both(one.configName, other.configName),
    versionBase: both(one.versionBase, other.versionBase),
    line: one.line,
  };
}

/** From 1. */
export const lineOf = (source: string, at: number): number =>
  source
    .slice(0, at)
    .replaceAll('\r\n', '\n')
    .split(/[\r\n]/).length;
