/** The daemon's only source of time; tests hand in another. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once, at or after the wall-clock time `at`; returns how to forget it. */
  at(at: number, wake: () => void): () => void;
}

/** setTimeout cannot wait longer than this; it also bounds how late a clock that jumped is noticed. */
const LONGEST_WAIT_MS = 60_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(at, wake) {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = at - Date.now();
      timer = setTimeout(left <= 0 ? wake : wait, Math.max(0, Math.min(left, LONGEST_WAIT_MS)));
    };
    wait();
    return () => clearTimeout(timer);
  },
};
