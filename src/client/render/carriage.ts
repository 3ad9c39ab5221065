/** What carriage returns mean on the way to a terminal. Takes sanitised text in chunks. */
export interface Carriage {
  push(text: string): string;
  end(): string;
}

/** Erase to the end of the line (ECMA-48 EL): a shorter bar must not leave the rest of a longer one. */
const REWIND = '\r\x1b[K';

/** While following: a progress bar moves on its line. */
export function liveCarriage(): Carriage {
  // Whether a carriage return rewinds is known with the next character: before a newline it means nothing.
  let pending = false;
  return {
    push(text) {
      if (text === '') return '';
      const joined = pending ? `\r${text}` : text;
      pending = joined.endsWith('\r');
      if (!joined.includes('\r')) return joined;
      return joined.replace(/\r+$/, '').replace(/\r+\n/g, '\n').replace(/\r+/g, REWIND);
    },
    end: () => '',
  };
}

/** A line without end is let go in pieces of this length. */
const LONGEST_HELD = 65_536;

/** Without following: of each line only what was to be seen last. */
export function lastCarriage(): Carriage {
  let held = '';
  return {
    push(text) {
      const joined = held + text;
      const cut = joined.lastIndexOf('\n') + 1;
      held = joined.slice(cut);
      let whole = joined.slice(0, cut);
      if (whole.includes('\r')) whole = whole.split('\n').map(lastState).join('\n');
      if (held.length <= LONGEST_HELD) return whole;
      const rest = lastState(held);
      held = '';
      return whole + rest;
    },
    end: () => lastState(held),
  };
}

function lastState(line: string): string {
  const shown = line.replace(/\r+$/, '');
  return shown.slice(shown.lastIndexOf('\r') + 1);
}
