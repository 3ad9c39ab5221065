import type { LogChunk } from '../../gen/expd/v1/logs.js';
import type { Run } from '../../gen/expd/v1/runs.js';
import type { Screen } from '../screen.js';
import { type Carriage, lastCarriage, liveCarriage } from './carriage.js';
import { jsonLine } from './output.js';
import { runJson } from './run.js';
import { Sanitiser } from './sanitise.js';

/** Where log chunks go. */
export interface LogSink {
  chunk(chunk: LogChunk): Promise<void>;
  state(run: Run): void;
  end(): Promise<void>;
}

/** How the log is to be shown. */
export interface LogMode {
  json: boolean;
  /** Byte for byte, also on a terminal. */
  raw: boolean;
  /** Lines still grow: progress bars may move. */
  live: boolean;
}

export function logSink(screen: Screen, { json, raw, live }: LogMode): LogSink {
  if (json) return jsonSink(screen);
  return screen.tty && !raw ? terminalSink(screen, live) : byteSink(screen);
}

const between = (attempt: number): string => `── attempt ${attempt} ──`;

/** Exactly the bytes of the run; what separates attempts goes to standard error. */
function byteSink(screen: Screen): LogSink {
  let attempt = 0;
  return {
    async chunk(chunk) {
      if (attempt !== 0 && chunk.attempt !== attempt) screen.note(between(chunk.attempt));
      attempt = chunk.attempt;
      await screen.write(chunk.data);
    },
    state: () => {},
    end: async () => {},
  };
}

function terminalSink(screen: Screen, live: boolean): LogSink {
  const fresh = (): { sanitiser: Sanitiser; carriage: Carriage } => ({
    sanitiser: new Sanitiser(),
    carriage: live ? liveCarriage() : lastCarriage(),
  });
  let { sanitiser, carriage } = fresh();
  let attempt = 0;
  let last = '\n';
  let coloured = false;
  const put = async (text: string): Promise<void> => {
    if (text === '') return;
    last = text;
    coloured ||= text.includes('\x1b[');
    await screen.write(text);
  };
  const finish = async (): Promise<void> => {
    await put(carriage.push(sanitiser.end()) + carriage.end());
    if (!last.endsWith('\n')) await put('\n');
    if (coloured) await screen.write('\x1b[0m');
    coloured = false;
  };
  return {
    async chunk(chunk) {
      if (attempt !== 0 && chunk.attempt !== attempt) {
        await finish();
        await put(`${screen.style.paint('dim', between(chunk.attempt))}\n`);
        ({ sanitiser, carriage } = fresh());
      }
      attempt = chunk.attempt;
      await put(carriage.push(sanitiser.push(chunk.data)));
    },
    state: () => {},
    end: finish,
  };
}

/** One JSON value a line. Text is UTF-8 with U+FFFD for what is none; a character torn between chunks comes whole. */
function jsonSink(screen: Screen): LogSink {
  let decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let attempt = 0;
  return {
    async chunk(chunk) {
      if (chunk.attempt !== attempt) decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      attempt = chunk.attempt;
      const text = decoder.decode(chunk.data, { stream: true });
      await screen.write(jsonLine({ type: 'log', attempt, offset: chunk.offset, text }));
    },
    state(run) {
      void screen.write(jsonLine({ type: 'run', run: runJson(run) }));
    },
    end: async () => {},
  };
}
