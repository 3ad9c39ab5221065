/** A call as its caller saw it; times on one clock. */
export interface Call<Ask, Answer> {
  ask: Ask;
  /** undefined: no answer came, so it may have happened at any later time, or never. */
  answer: Answer | undefined;
  called: number;
  /** Infinity where no answer came. */
  returned: number;
}

/** What one thing does when it is called by one after the other; states are compared as JSON. */
export interface Model<State, Ask, Answer> {
  initial: State;
  step(state: State, ask: Ask): { state: State; answer: Answer };
}

/**
 * Whether there is an order of the calls, each at some moment between its call and its return, in which the model
 * gives every answer that was given. The search of Wing and Gong with Lowe's memory of what has been tried.
 */
export function isLinearizable<State, Ask, Answer>(
  history: readonly Call<Ask, Answer>[],
  model: Model<State, Ask, Answer>,
): boolean {
  const tried = new Set<string>();
  const search = (done: bigint, state: State): boolean => {
    const left = history
      .map((call, n) => ({ call, bit: 1n << BigInt(n) }))
      .filter(({ bit }) => !(done & bit));
    const answered = left.filter(({ call }) => call.answer !== undefined);
    if (answered.length === 0) return true;
    const known = `${done} ${JSON.stringify(state)}`;
    if (tried.has(known)) return false;
    tried.add(known);
    // What was called after another one had returned comes after it.
    const latest = Math.min(...answered.map(({ call }) => call.returned));
    return left.some(({ call, bit }) => {
      if (call.called > latest) return false;
      const next = model.step(state, call.ask);
      if (call.answer !== undefined && JSON.stringify(call.answer) !== JSON.stringify(next.answer))
        return false;
      return search(done | bit, next.state);
    });
  };
  return search(0n, model.initial);
}
