import { ClientError } from '../errors.js';

/** `NAME=VALUE` words as a map; the last of a name counts. @throws ClientError */
export function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1)
        throw new ClientError(
          'usage',
          `--env: ${JSON.stringify(word)} has no value`,
          'write --env NAME=VALUE',
        );
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
