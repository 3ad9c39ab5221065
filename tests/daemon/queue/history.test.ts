import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Command, Result } from '../../../src/daemon/queue/commands.js';
import { IllegalTransition, transition } from '../../../src/daemon/run/lifecycle.js';
import { isFinal, type Run } from '../../../src/daemon/run/run.js';
import { type Random, randomlyAsync } from '../../helpers/random.js';
import { endOf, failure, interruption, newRun, Store, success, transitionOf } from '../../helpers/store.js';

/** What the queue must do, without a database: one command after the other. */
class Model {
  readonly runs = new Map<number, Run>();
  readonly keys = new Map<string, number>();
  readonly #spawned = new Set<string>();
  #ids = 0;

  apply(command: Command, now: number): { ok: boolean; runId: number | null } {
    switch (command.do) {
      case 'submit': {
        const { key, retries } = command.run;
        const known = key === null ? undefined : this.keys.get(key);
        if (known !== undefined) return { ok: true, runId: known };
        const id = ++this.#ids;
        this.runs.set(id, fresh(id, command.run.ulid, retries));
        if (key !== null) this.keys.set(key, id);
        return { ok: true, runId: id };
      }
      case 'transition': {
        const { runId } = command;
        const run = this.runs.get(runId);
        if (run === undefined) return { ok: false, runId };
        const attempt = `${runId}.${run.attempt}`;
        if (command.event.kind === 'spawned' && this.#spawned.has(attempt)) return { ok: false, runId };
        try {
          this.runs.set(runId, transition(run, command.event, now));
          if (command.event.kind === 'spawned') this.#spawned.add(attempt);
          return { ok: true, runId };
        } catch (error) {
          if (error instanceof IllegalTransition) return { ok: false, runId };
          throw error;
        }
      }
      case 'remove': {
        const { runId } = command;
        const run = this.runs.get(runId);
        if (run === undefined || !isFinal(run.state)) return { ok: false, runId };
        this.runs.delete(runId);
        for (const [key, id] of this.keys) if (id === runId) this.keys.delete(key);
        return { ok: true, runId };
      }
      default:
        throw new Error(`not in the model: ${command.do}`);
    }
  }
}

const fresh = (id: number, ulid: string, retries: number): Run => ({
  id,
  ulid,
  attempt: 0,
  failures: 0,
  retries,
  startFailures: 0,
  streak: null,
  resume: { from: 'newest' },
  state: 'queued',
  notBefore: null,
});

/** A command about a few runs that nearly fits their state, so that all of it happens. */
function anyCommand(random: Random, model: Model, guess: Map<number, number>): Command {
  const runId = 1 + random.upTo(12);
  const attempt = guess.get(runId) ?? 0;
  const end = (outcome: typeof success): Command => endOf(runId, attempt, outcome, random.upTo(1) === 0);
  switch (random.upTo(11)) {
    case 0:
    case 1:
      return { do: 'submit', run: newRun(random.of([{ retries: 2 }, {}, { key: 'a' }, { key: 'b' }])) };
    case 2:
      return { do: 'remove', runId };
    case 3:
    case 4:
      guess.set(runId, (model.runs.get(runId)?.attempt ?? 0) + 1);
      return transitionOf(runId, {
        kind: 'claimed',
        attempt: guess.get(runId)!,
        attemptId: `a${runId}-${guess.get(runId)}`,
        resumedFrom: random.of([null, '/ckpt']),
      });
    case 5:
    case 6:
      return transitionOf(runId, { kind: 'spawned' });
    case 7:
      return transitionOf(runId, {
        kind: 'stopRequested',
        reason: random.of(['cancel', 'drain', 'timeout']),
      });
    case 8:
      return end(random.of([success, failure]));
    case 9:
      return end(interruption);
    case 10:
      return transitionOf(
        runId,
        random.of([{ kind: 'held', why: { code: 'user', text: '' } }, { kind: 'released' }]),
      );
    default:
      return transitionOf(runId, { kind: 'retried', resume: { from: 'newest' } });
  }
}

const part = ({ id, ulid, attempt, failures, retries, startFailures, streak, resume, ...rest }: Run) => {
  const phase = 'live' in rest ? { state: rest.state, live: rest.live } : { state: rest.state };
  return { id, ulid, attempt, failures, retries, startFailures, streak, resume, ...phase };
};

test('any commands, however they are grouped, are one after the other; kept over restarts', async () => {
  await randomlyAsync(12, async (random) => {
    const store = await Store.open();
    const model = new Model();
    const guess = new Map<number, number>();
    try {
      for (let round = 0; round < 25; round++) {
        store.clock.time += random.upTo(2000) - 500;
        const batches = Array.from({ length: 1 + random.upTo(8) }, () =>
          Array.from({ length: 1 + random.upTo(3) }, () => anyCommand(random, model, guess)),
        );
        const given: Result[][] = [];
        const asked = batches.map(async (commands, i) => {
          given[i] = await store.execute(...commands);
        });
        const wanted = batches.map((commands) =>
          commands.map((command) => model.apply(command, store.clock.time)),
        );
        await Promise.all(asked);
        expect(given.map((results) => results.map(({ ok, runId }) => ({ ok, runId })))).toEqual(wanted);
        if (random.upTo(9) === 0) {
          await store.stop();
          await store.start();
        }
        const stored = store.reader.page({ limit: 1000 }).runs.reverse();
        expect(stored.map(part)).toEqual([...model.runs.values()].map(part));
        for (const run of stored) {
          const attempts = store.reader.attempts(run.id);
          expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, i) => i + 1));
          expect(attempts.length).toBe(run.attempt);
          expect(attempts.filter(({ phase }) => phase !== 'ended').length).toBe('live' in run ? 1 : 0);
        }
      }
    } finally {
      await store.stop();
      rmSync(store.dir, { recursive: true, force: true });
    }
  });
});
