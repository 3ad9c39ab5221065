import { Hand } from './hand.js';
import { encodeSteps, repeatable, type Step, stepFailed } from './steps.js';

interface Task {
  steps: readonly Step[];
  request: Buffer;
  /** A process that ended in the middle of it may be followed by one that begins again. */
  again: boolean;
  done: () => void;
  failed: (cause: Error) => void;
}

/** As many work side by side. */
const HANDS = 2;
/** After so long without an answer a hand counts as held up by its disk, and another one takes its place. */
const LATE_MS = 250;
/** Disks that hang at once, each with what was to be done there. */
const MOST_HANDS = 16;
/** What is under way at the end gets so long; the next daemon mends what then is not done. */
const LAST_MS = 2_000;

/**
 * The processes that carry out lists of file operations. What an attempt needs on disk takes some forty calls: by
 * Node's thread pool they cost several milliseconds of both processors, which stood between the end of one run and
 * the start of the next. A disk that hangs holds up what is to be done there and nothing else.
 */
export class Scribe {
  readonly #hands = new Set<Hand>();
  /** Those that do not answer in time. */
  readonly #late = new Set<Hand>();
  readonly #waiting: Task[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #closed = false;

  constructor(private readonly program: string | Promise<string>) {}

  /** One after the other; resolves when all are done. @throws StepFailed, or an error when there is no process to be had */
  async carryOut(steps: readonly Step[]): Promise<void> {
    const request = encodeSteps(steps);
    const program = await this.program;
    if (this.#closed) throw new Error('the scribe is closed');
    const work = new Promise<void>((done, failed) => {
      this.#waiting.push({ steps, request, again: steps.every(repeatable), done, failed });
      this.#handOut(program);
    });
    this.#underWay.add(work);
    return work.finally(() => this.#underWay.delete(work));
  }

  /** Takes nothing more; resolves when what was taken is done, or a disk hangs. */
  async close(): Promise<void> {
    this.#closed = true;
    let late: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      late = setTimeout(resolve, LAST_MS);
    });
    await Promise.race([Promise.allSettled(this.#underWay), patience]);
    clearTimeout(late);
    for (const hand of this.#hands) hand.close();
    this.#hands.clear();
  }

  #handOut(program: string): void {
    while (this.#waiting.length > 0) {
      const hand = this.#free() ?? this.#another(program);
      if (hand === null) return;
      void this.#give(hand, this.#waiting.shift()!, program);
    }
  }

  /** One that ended while it had nothing to do takes nobody's place. */
  #free(): Hand | null {
    for (const hand of this.#hands) {
      if (hand.idle) return hand;
      if (hand.over && !this.#late.has(hand)) this.#hands.delete(hand);
    }
    return null;
  }

  #another(program: string): Hand | null {
    if (this.#timely >= HANDS || this.#hands.size >= MOST_HANDS) return null;
    const hand = new Hand(program);
    this.#hands.add(hand);
    return hand;
  }

  async #give(hand: Hand, task: Task, program: string): Promise<void> {
    const overdue = setTimeout(() => {
      this.#late.add(hand);
      this.#handOut(program);
    }, LATE_MS);
    try {
      const { errno, done } = await hand.ask(task.request);
      const step = task.steps[done];
      if (errno === 0 || step === undefined) task.done();
      else task.failed(stepFailed(step, errno));
    } catch (cause) {
      if (task.again) this.#waiting.unshift({ ...task, again: false });
      else task.failed(cause instanceof Error ? cause : new Error(String(cause)));
    }
    clearTimeout(overdue);
    this.#late.delete(hand);
    if (!hand.idle || this.#timely > HANDS) this.#dismiss(hand);
    this.#handOut(program);
  }

  get #timely(): number {
    return this.#hands.size - this.#late.size;
  }

  #dismiss(hand: Hand): void {
    this.#hands.delete(hand);
    hand.close();
  }
}
