import { readFileSync } from 'node:fs';
import { ClientError } from './errors.js';

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * Node.js decodes arguments as UTF-8, and what is none (a file name of an older time) would reach the run altered.
 * The kernel still has the bytes (proc(5)). `command`: the last words of this process. @throws ClientError
 */
export function refuseAltered(command: readonly string[]): void {
  if (!command.some((word) => word.includes(REPLACEMENT))) return;
  const given = rawWords(readFileSync('/proc/self/cmdline')).slice(-command.length);
  const altered = command.findIndex(
    (word, n) => given[n]?.toString('utf8') === word && !given[n].equals(Buffer.from(word)),
  );
  if (altered < 0) return;
  throw new ClientError(
    'usage',
    `${JSON.stringify(command[altered])} is not UTF-8 and would reach the run altered`,
    'rename the file, or name it inside a script',
  );
}

/** Each ends with a NUL. */
function rawWords(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let at = 0, end = bytes.indexOf(0); end >= 0; at = end + 1, end = bytes.indexOf(0, at))
    words.push(bytes.subarray(at, end));
  return words;
}
