import { COLON, HASH, isBlank, isBreak, type Source, SPACE } from './source.js';
import type { ScalarToken } from './tokens.js';

export interface PlainScalar {
  token: ScalarToken;
  /** Whether reading stopped at the start of a line, where a key may stand. */
  endedLine: boolean;
}

/**
 * Reads a scalar without quotes, over several lines when they are indented by `indent` or more. In a flow collection
 * indentation does not count, and the collection's own signs end the scalar.
 */
export function scanPlain(source: Source, indent: number, inFlow: boolean): PlainScalar {
  const { text, at } = source;
  let value = '';
  /** What the lines read so far mean to what follows; null within a line. */
  let folded: string | null = null;
  let from = at;
  let end = at;
  while (source.code() !== HASH) {
    const chunkEnd = endOfChunk(text, source.at, inFlow);
    if (chunkEnd === source.at) break;
    if (folded !== null) {
      value += folded;
      folded = null;
      from = source.at;
    }
    end = chunkEnd;
    source.at = chunkEnd;
    source.skipSpaces();
    if (isBreak(source.code())) {
      value += text.slice(from, end);
      from = end;
      folded = foldedBreaks(source);
      if (atMarker(source) || (!inFlow && source.column < indent)) break;
    } else if (source.at === end) break;
  }
  return {
    token: { kind: 'scalar', at, text: value + text.slice(from, end), plain: true },
    endedLine: folded !== null,
  };
}

/** The end of what stands together without blanks. */
function endOfChunk(text: string, from: number, inFlow: boolean): number {
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (isBlank(code)) return at;
    if (code === COLON) {
      const next = text.charCodeAt(at + 1);
      if (isBlank(next) || (inFlow && endsFlowKey(next))) return at;
    } else if (inFlow && (code === QUESTION || endsFlowKey(code))) return at;
  }
}

const QUESTION = 63;
/** `,` `[` `]` `{` `}` */
const endsFlowKey = (code: number): boolean =>
  code === 44 || code === 91 || code === 93 || code === 123 || code === 125;

/** One line break is a space; each further one stands for itself. Stops at a document marker. */
function foldedBreaks(source: Source): string {
  const first = source.takeBreak();
  let more = '';
  while (!atMarker(source)) {
    if (source.code() === SPACE) source.at++;
    else if (isBreak(source.code())) more += source.takeBreak();
    else break;
  }
  return first === '\n' ? more || ' ' : first + more;
}

const atMarker = (source: Source): boolean => source.at === source.lineStart && source.startsMarker();
