/**
 * Calls `stop` once: when the time is over, or the daemon lets go. Returns how to call it off.
 * (AbortSignal.any would hang on to every signal it ever combined with a long-lived one.)
 */
export function limited(ms: number, closing: AbortSignal, stop: (late: boolean) => void): () => void {
  const end = (late: boolean): void => {
    clear();
    stop(late);
  };
  const closed = (): void => end(false);
  const timer = setTimeout(() => end(true), ms);
  const clear = (): void => {
    clearTimeout(timer);
    closing.removeEventListener('abort', closed);
  };
  closing.addEventListener('abort', closed, { once: true });
  if (closing.aborted) closed();
  return clear;
}
