/**
 * What a run printed, made safe for a terminal: colours (SGR) pass, and newline, tab and carriage return; every other
 * escape sequence is dropped whole, NUL too (blocks of it stand in logs after a power cut), and what is left of
 * control, bidi and zero-width characters becomes U+FFFD. Sequences may be torn between chunks.
 */
export class Sanitiser {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #carry = '';
  /** Inside an OSC, DCS, APC, PM or SOS string. */
  #inString = false;

  push(bytes: Uint8Array): string {
    return this.#clean(this.#decoder.decode(bytes, { stream: true }), false);
  }

  /** What was held back. */
  end(): string {
    return this.#clean(this.#decoder.decode(), true);
  }

  #clean(more: string, final: boolean): string {
    const text = this.#carry + more;
    this.#carry = '';
    if (!this.#inString && text.search(SUSPICIOUS) < 0) return text;
    let clean = '';
    let at = 0;
    while (at < text.length) {
      if (this.#inString) at = this.#skipString(text, at);
      const next = at + text.slice(at).search(SUSPICIOUS);
      if (next < at) return clean + text.slice(at);
      clean += text.slice(at, next);
      if (text[next] !== ESC) {
        clean += text[next] === '\0' ? '' : '\ufffd';
        // Tag characters are surrogate pairs.
        at = next + (text.codePointAt(next)! > 0xffff ? 2 : 1);
        continue;
      }
      const sequence = readSequence(text, next);
      if (sequence === null && !final) {
        this.#carry = text.slice(next);
        return clean;
      }
      clean += sequence?.keep ?? '';
      this.#inString = sequence?.opensString ?? false;
      at = sequence?.end ?? next + 1;
    }
    return clean;
  }

  /** A string ends with BEL or ST; a newline ends it as well, so that a torn one does not swallow the log. */
  #skipString(text: string, at: number): number {
    STRING_END.lastIndex = at;
    const end = STRING_END.exec(text);
    if (end === null) return text.length;
    this.#inString = false;
    return end[0] === '\x07' || end[0] === '\u009c' ? end.index + 1 : end.index;
  }
}

const ESC = '\x1b';
const SUSPICIOUS =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
const STRING_END = /[\x07\x1b\u009c\n]/g;

interface Sequence {
  end: number;
  /** The sequence itself when it may pass. */
  keep: string;
  opensString: boolean;
}

/** Longer ones are no sequences that anybody writes. */
const LONGEST_SEQUENCE = 64;
/** ECMA-48: CSI, parameters, intermediates, final; else an escape of intermediates and one final. */
const CSI = /\x1b\[([0-?]*)([ -/]*)([@-~])/y;
const ESCAPE = /\x1b[ -/]*[0-Z\\`-~]/y;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[ -/]*)$/y;
const STRING = /\x1b[\]PX^_]/y;

/** The escape sequence at `at`; null when it may go on in the next chunk. */
function readSequence(text: string, at: number): Sequence | null {
  const csi = match(CSI, text, at);
  if (csi) {
    const colours = csi[3] === 'm' && csi[2] === '' && /^[\d;:]*$/.test(csi[1]!);
    return { end: at + csi[0].length, keep: colours ? csi[0] : '', opensString: false };
  }
  if (match(STRING, text, at)) return { end: at + 2, keep: '', opensString: true };
  const unfinished = match(UNFINISHED, text, at);
  if (unfinished && unfinished[0].length < LONGEST_SEQUENCE) return null;
  const plainEscape = text[at + 1] === '[' ? null : match(ESCAPE, text, at);
  return { end: at + (plainEscape?.[0].length ?? 1), keep: '', opensString: false };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
