import { HASH, isBlank, isBreakOrEnd, type Source, SPACE } from './source.js';
import type { Directive, DirectiveToken, TagToken, Token } from './tokens.js';

// What stands before values: anchors, aliases, tags; and directives, which stand before documents.

/** `&name` or `*name`. */
export function scanAnchor(source: Source): Token {
  const { at } = source;
  const kind = source.text.charAt(at) === '*' ? 'alias' : 'anchor';
  source.at++;
  const name = word(source);
  const code = source.code();
  if (name === '' || !(isBlank(code) || '?:,]}%@`'.includes(String.fromCharCode(code))))
    throw source.error(
      'ScannerError',
      `${source.shown()} cannot be part of the name of an ${kind}: a text that starts with \`${source.text.charAt(at)}\` needs quotes`,
    );
  return { kind, at, name };
}

/** `!tag`, `!!tag`, `!handle!tag`, `!<tag>` or `!` alone. */
export function scanTag(source: Source): TagToken {
  const token = tag(source);
  const code = source.code();
  if (code !== SPACE && !isBreakOrEnd(code))
    throw source.error('ScannerError', `${source.shown()} cannot follow a tag: a space must`);
  return token;
}

function tag(source: Source): TagToken {
  const { at, text } = source;
  if (text.charAt(at + 1) === '<') {
    source.at += 2;
    const suffix = uri(source);
    if (text.charAt(source.at) !== '>')
      throw source.error('ScannerError', `${source.shown()} cannot stand within \`!<…>\``);
    source.at++;
    return { kind: 'tag', at, handle: null, suffix };
  }
  if (isBlank(source.code(1))) {
    source.at++;
    return { kind: 'tag', at, handle: null, suffix: '!' };
  }
  if (hasHandle(source)) return { kind: 'tag', at, handle: handle(source), suffix: uri(source) };
  source.at++;
  return { kind: 'tag', at, handle: '!', suffix: uri(source) };
}

/** Whether a second `!` stands before the next blank. */
function hasHandle({ text, at }: Source): boolean {
  for (let n = at + 1; ; n++) {
    const code = text.charCodeAt(n);
    if (code === SPACE || isBreakOrEnd(code)) return false;
    if (code === 33) return true;
  }
}

/** `!`, `!!` or `!name!`. */
function handle(source: Source): string {
  const { at, text } = source;
  if (text.charAt(at) !== '!')
    throw source.error('ScannerError', `${source.shown()} cannot start a tag's handle: \`!\` does`);
  source.at++;
  if (source.code() !== SPACE) {
    word(source);
    if (text.charAt(source.at) !== '!')
      throw source.error(
        'ScannerError',
        `${source.shown()} cannot stand within a tag's handle: letters, digits, \`-\` and \`_\` can`,
      );
    source.at++;
  }
  return text.slice(at, source.at);
}

const URI = /[\w\-;/?:@&=+$,.!~*'()[\]]*/y;

function uri(source: Source): string {
  const { at } = source;
  let text = '';
  for (;;) {
    URI.lastIndex = source.at;
    text += URI.exec(source.text)?.[0] ?? '';
    source.at = URI.lastIndex;
    if (source.text.charAt(source.at) !== '%') break;
    text += escapes(source);
  }
  if (source.at === at) throw source.error('ScannerError', `a tag is missing before ${source.shown()}`);
  return text;
}

/** `%C3%A4`: the bytes of a text in UTF-8. */
function escapes(source: Source): string {
  const { at } = source;
  const bytes: number[] = [];
  while (source.text.charAt(source.at) === '%') {
    const digits = source.text.slice(source.at + 1, source.at + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits))
      throw source.error('ScannerError', '`%` needs two hexadecimal digits in a tag');
    bytes.push(Number.parseInt(digits, 16));
    source.at += 3;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    throw source.error('ScannerError', 'these bytes are no text in UTF-8', at);
  }
}

const WORD = /[0-9A-Za-z\-_]*/y;

function word(source: Source): string {
  WORD.lastIndex = source.at;
  const found = WORD.exec(source.text)?.[0] ?? '';
  source.at += found.length;
  return found;
}

/** `%YAML 1.1`, `%TAG !handle! prefix`, or another, which means nothing. */
export function scanDirective(source: Source): DirectiveToken {
  const { at } = source;
  source.at++;
  const name = word(source);
  if (name === '' || !endsWord(source))
    throw source.error(
      'ScannerError',
      `${source.shown()} cannot be part of a directive's name; a value that starts with \`%\` needs quotes`,
    );
  const directive = value(source, name);
  source.skipSpaces();
  if (source.code() === HASH) source.skipLine();
  if (!isBreakOrEnd(source.code()))
    throw source.error('ScannerError', `${source.shown()} cannot follow a directive: its line ends here`);
  source.takeBreak();
  return { kind: 'directive', at, directive };
}

function value(source: Source, name: string): Directive {
  if (name === 'YAML') return version(source);
  if (name === 'TAG') return tagPrefix(source);
  source.skipLine();
  return { name: 'other' };
}

function version(source: Source): Directive {
  source.skipSpaces();
  const match = /^([0-9]+)\.[0-9]+/.exec(source.text.slice(source.at, source.at + 40));
  source.at += match?.[0].length ?? 0;
  if (match === null || !endsWord(source))
    throw source.error('ScannerError', 'a version such as 1.1 is needed here');
  return { name: 'YAML', major: Number(match[1]) };
}

function tagPrefix(source: Source): Directive {
  source.skipSpaces();
  const shorthand = handle(source);
  if (source.code() !== SPACE)
    throw source.error('ScannerError', `${source.shown()} cannot follow a tag's handle: a space must`);
  source.skipSpaces();
  const prefix = uri(source);
  if (!endsWord(source))
    throw source.error('ScannerError', `${source.shown()} cannot be part of a tag's prefix`);
  return { name: 'TAG', handle: shorthand, prefix };
}

const endsWord = (source: Source): boolean => source.code() === SPACE || isBreakOrEnd(source.code());
