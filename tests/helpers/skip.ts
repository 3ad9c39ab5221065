import { test } from 'vitest';

/**
 * `test` where `possible`, else a test registered as skipped with the reason in its name: never silently.
 */
export function skipUnless(possible: boolean, reason: string) {
  return (name: string, body: () => Promise<void> | void, timeoutMs?: number): void => {
    if (possible) test(name, body, timeoutMs);
    else test.skip(`${name} [skipped: ${reason}]`, body);
  };
}
