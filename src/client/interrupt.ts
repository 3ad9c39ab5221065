import type { Screen } from './screen.js';

/**
 * While `work` goes on, Ctrl-C says `parting()` and ends expctl, and nothing else. It dies of the signal:
 * shells then stop the script around it, and see 130.
 */
export async function detachable<T>(
  screen: Screen,
  parting: () => string,
  work: () => Promise<T>,
): Promise<T> {
  const part = (): void => {
    screen.status('');
    screen.note(`\n${parting()}`);
    // Without a listener the signal has its default effect again.
    process.kill(process.pid, 'SIGINT');
  };
  process.once('SIGINT', part);
  try {
    return await work();
  } finally {
    process.off('SIGINT', part);
  }
}
