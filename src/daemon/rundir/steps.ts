import { getSystemErrorMap } from 'node:util';

/** One file operation; modes are exact, whatever our umask is. Each fails like the system call behind it. */
export type Step =
  /** It must be a directory. */
  | { do: 'look'; path: string }
  /** A new directory, and one that may be there already. */
  | { do: 'make' | 'have'; path: string; mode: number }
  /** A new file, never through a link. */
  | { do: 'write'; path: string; mode: number; content: Content }
  /** Whole or not at all; a link there is replaced, never followed. */
  | { do: 'replace'; path: string; mode: number; content: Content }
  /** A new file; one that is there is replaced only if it holds what the first of `records` that exists holds. */
  | { do: 'show'; path: string; mode: number; content: Content; records: readonly string[] }
  /** A line, in one write. */
  | { do: 'append'; path: string; mode: number; content: Content }
  | { do: 'link'; path: string; target: string }
  /** With all that is in it; nothing there is fine. */
  | { do: 'remove'; path: string };

type Content = string | Uint8Array;

/** What a step could not do; `code` is the errno's name. The steps before it are done, those after it are not. */
export class StepFailed extends Error {
  override name = 'StepFailed';

  constructor(
    readonly step: Step,
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}, ${step.do} '${step.path}'`);
  }
}

export function stepFailed(step: Step, errno: number): StepFailed {
  const [code, message] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'failed'];
  return new StepFailed(step, code, message);
}

/** Whether doing it again leaves the same. Of a line that was appended twice the last counts. */
export const repeatable = (step: Step): boolean =>
  step.do !== 'make' && step.do !== 'write' && step.do !== 'link';

/** NUL-terminated words, content after its length; see native/PROTOCOL.md. Throws for a path with a NUL. */
export function encodeSteps(steps: readonly Step[]): Buffer {
  const parts: Buffer[] = [];
  const words = (...all: readonly string[]): void => {
    const torn = all.find((word) => word.includes('\0'));
    if (torn !== undefined) throw new Error(`NUL in ${JSON.stringify(torn)}`);
    parts.push(Buffer.from(all.map((word) => `${word}\0`).join('')));
  };
  for (const step of steps) {
    words(step.do, step.path);
    if (step.do === 'link') words(step.target);
    if ('mode' in step) words(step.mode.toString(8));
    if (step.do === 'show') words(...step.records, '');
    if (!('content' in step)) continue;
    const content = Buffer.from(step.content);
    words(String(content.length));
    parts.push(content);
  }
  return Buffer.concat(parts);
}
