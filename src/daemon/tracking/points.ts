/** Curves by key, as they are read: what is superseded goes. */
export class CurveSet {
  readonly curves = new Map<string, Points>();

  point(key: string, step: number, value: number, at: number): void {
    let points = this.curves.get(key);
    if (points === undefined) {
      points = new Points();
      this.curves.set(key, points);
    }
    points.push(step, value, at);
  }

  rewind(step: number, keys: readonly string[]): void {
    for (const key of keys) this.curves.get(key)?.rewind(step);
  }
}

/** The points of one curve, in the order in which they were logged. 20 bytes a point. */
export class Points {
  steps = new Float64Array(16);
  values = new Float32Array(16);
  /** Seconds since 1970. */
  times = new Float64Array(16);
  length = 0;

  push(step: number, value: number, at: number): void {
    if (this.length === this.steps.length) this.#grow();
    this.steps[this.length] = step;
    this.values[this.length] = value;
    this.times[this.length++] = at;
  }

  /** What is at and after a step is superseded. */
  rewind(step: number): void {
    this.#keep((n) => this.steps[n]! < step);
  }

  /** Of several points of one step the last counts; in the order of their steps. */
  inOrder(): Points {
    const order = Array.from({ length: this.length }, (_, n) => n).sort(
      (a, b) => this.steps[a]! - this.steps[b]! || a - b,
    );
    const sorted = new Points();
    order.forEach((n, at) => {
      const next = order[at + 1];
      if (next === undefined || this.steps[next] !== this.steps[n]) sorted.take(this, n);
    });
    return sorted;
  }

  take(from: Points, n: number): void {
    this.push(from.steps[n]!, from.values[n]!, from.times[n]!);
  }

  #keep(wanted: (n: number) => boolean): void {
    let kept = 0;
    for (let n = 0; n < this.length; n++) {
      if (!wanted(n)) continue;
      this.steps[kept] = this.steps[n]!;
      this.values[kept] = this.values[n]!;
      this.times[kept++] = this.times[n]!;
    }
    this.length = kept;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Float32Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    const capacity = this.steps.length * 2;
    this.steps = grown(new Float64Array(capacity), this.steps);
    this.values = grown(new Float32Array(capacity), this.values);
    this.times = grown(new Float64Array(capacity), this.times);
  }
}
