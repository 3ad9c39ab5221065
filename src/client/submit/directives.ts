import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { give, read, refuseUnknown, split } from '../arguments.js';
import { ClientError } from '../errors.js';
import { RUN_FLAGS } from './flags.js';

type Words = ReadonlyMap<string, readonly string[]>;

/**
 * Flags of `#EXPD --time=2h` lines at the head of the script that a command runs: the first word that is a file and a
 * script. Each file is read once.
 */
export class Directives {
  readonly #known = new Map<string, Words | null>();

  /** `cwd`: of the run. */
  constructor(private readonly cwd: string) {}

  /** @throws ClientError that names file and line */
  of(argv: readonly string[]): Words {
    for (const word of argv) {
      const known = this.#known.get(word);
      const found = known === undefined ? this.#read(word) : known;
      this.#known.set(word, found);
      if (found !== null) return found;
    }
    return NONE;
  }

  /** null: no script. */
  #read(word: string): Words | null {
    const head = scriptHead(word, this.cwd);
    return head === null ? null : head.includes('#EXPD') ? directives(head, word) : NONE;
  }
}

const NONE: Words = new Map();

/** What the head of a script asks for. `script` names it in errors. Pure. */
export function directives(head: string, script: string): Words {
  const all = new Map<string, string[]>();
  for (const [n, line] of commentLines(head).entries()) {
    const match = /^#EXPD(?:[ \t]+(.*))?$/.exec(line);
    if (match === null) continue;
    const where = `${script}, line ${n + 1}: `;
    const { flags, operands, command, unknown } = located(where, () => {
      const found = split(shellWords(match[1] ?? ''), RUN_FLAGS);
      refuseUnknown('submit', found.unknown, RUN_FLAGS);
      read(RUN_FLAGS, found.flags, Date.now());
      return found;
    });
    if (operands.length + unknown.length > 0 || command !== null)
      throw new ClientError(
        'usage',
        `${where}${JSON.stringify(operands[0] ?? '--')} is no flag`,
        'write #EXPD --time=2h',
      );
    for (const [name, words] of flags) for (const word of words) give(all, name, word);
  }
  return all;
}

function located<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw new ClientError(error.code, where + error.message, error.hint, { cause: error });
  }
}

/** Up to the first line that is neither comment nor empty. */
function commentLines(head: string): string[] {
  const lines = head.split(/\r?\n/);
  const end = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'));
  return end < 0 ? lines : lines.slice(0, end);
}

/** Words as a shell would part them: spaces, with '…', "…" and \ to protect. No expansion of anything. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/g))
    words.push(
      match[0].replace(/\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_, escaped, single, double) =>
        escaped !== undefined
          ? escaped
          : single !== undefined
            ? single
            : double.replace(/\\(["\\$`])/g, '$1'),
      ),
    );
  return words;
}

const SCRIPT = /\.(?:py|sh|bash|zsh|mjs|cjs|js|mts|ts|R|r|jl|pl|rb|lua)$/;
const HEAD_BYTES = 16_384;

/** The head of a script; null for everything else. By its name, or by `#!` where it has no such name. */
function scriptHead(word: string, cwd: string): string | null {
  if (word === '' || word.startsWith('-') || !(SCRIPT.test(word) || word.includes('/'))) return null;
  const path = resolve(cwd, word);
  // Opening a pipe would wait for its writer.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const head = bytes.toString('utf8', 0, readSync(fd, bytes, 0, HEAD_BYTES, 0));
    return SCRIPT.test(word) || head.startsWith('#!') ? head : null;
  } catch {
    // A directory, for one.
    return null;
  } finally {
    closeSync(fd);
  }
}
