/** How a run stands by what it logs. */
export interface Progress {
  runId: number;
  attempt: number;
  /** The highest step that was logged; null: none yet. */
  step: number | null;
  /** Where it will be done, if it said so. */
  totalSteps: number | null;
  stepsPerSecond: number | null;
  /** Unix seconds of the newest point. */
  at: number | null;
  bad: BadLines;
  /** Why the metrics file or the curve's directory cannot be used; null: nothing is wrong. */
  problem: string | null;
}

/** Lines of the metrics file that were of no use; `example` is the last one. */
export interface BadLines {
  count: number;
  example: { line: string; why: string; offset: number } | null;
}

/** How one metric stands. `at` in Unix seconds. */
export interface Standing {
  key: string;
  step: number;
  /** As event files keep it: 32 bits. May be NaN or infinite. */
  value: number;
  at: number;
  points: number;
  /** NaN is neither; null: there was nothing else. Of equals the earlier one. */
  lowest: Extreme | null;
  highest: Extreme | null;
}

export interface Extreme {
  step: number;
  value: number;
}

/** The key that says most of a run: of a validation's loss, else a loss, else the first. null: there is none. */
export function headline(standings: readonly Standing[]): Standing | null {
  const [first = null] = standings;
  return (
    [/val.*loss|loss.*val|test.*loss/i, /(^|[/._-])loss$/i, /loss/i]
      .map((pattern) => standings.find(({ key }) => pattern.test(key)))
      .find((found) => found !== undefined) ?? first
  );
}

/** Milliseconds until the last step at the present pace; null while nobody can tell. */
export function remainingMs(
  { step, totalSteps, stepsPerSecond, at }: Pick<Progress, 'step' | 'totalSteps' | 'stepsPerSecond' | 'at'>,
  now: number,
): number | null {
  if (step === null || totalSteps === null || stepsPerSecond === null || at === null || stepsPerSecond <= 0)
    return null;
  const left = Math.max(0, Math.round(((totalSteps - step) / stepsPerSecond) * 1000 - (now - at * 1000)));
  return Number.isSafeInteger(left) ? left : null;
}
