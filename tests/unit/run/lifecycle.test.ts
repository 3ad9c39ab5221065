import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { IllegalTransition, type RunEvent, transition } from '../../../src/daemon/run/lifecycle.js';
import { isFinal, isLive, type ResumeChoice, type Run } from '../../../src/daemon/run/run.js';
import { STOP_REASONS } from '../../../src/daemon/run/stop.js';
import { randomly } from '../../helpers/random.js';
import { EVENTS, NOW, outcome, PHASES, runIn } from './samples.js';

/** What of a run the table shows. */
function shown(run: Run): string {
  switch (run.state) {
    case 'queued':
      return `queued${run.notBefore === null ? '' : ` after ${(run.notBefore - NOW) / 1000} s`}`;
    case 'held':
      return `held (${run.why.code})`;
    case 'starting':
      return `starting ${run.attempt}`;
    case 'running':
      return run.paused ? 'running, paused' : 'running';
    case 'stopping':
      return `stopping for ${run.stop}`;
    default:
      return run.state;
  }
}

function result(run: Run, event: RunEvent): string {
  try {
    return shown(transition(run, event, NOW));
  } catch (error) {
    if (error instanceof IllegalTransition) return '-';
    throw error;
  }
}

test('every state and every event: the golden table', async () => {
  const lines = Object.entries(EVENTS).flatMap(([event, what]) => [
    `${event}`,
    ...Object.entries(PHASES).map(([state, phase]) => `  ${state.padEnd(24)}${result(runIn(phase), what)}`),
  ]);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
    resolve(import.meta.dirname, '../../golden/lifecycle.txt'),
  );
});

test('a retry, a resume and a release forget what went wrong before', () => {
  const spoiled = {
    failures: 3,
    startFailures: 2,
    streak: { kind: 'failure', from: '/ckpt', count: 1, quick: 0 } as const,
  };
  const pairs: [string, string][] = [
    ['failed', 'retried'],
    ['succeeded', 'resumed'],
    ['held', 'released'],
  ];
  for (const [state, event] of pairs)
    expect(transition(runIn(PHASES[state]!, spoiled), EVENTS[event]!, NOW)).toMatchObject({
      state: 'queued',
      notBefore: null,
      failures: 0,
      startFailures: 0,
      streak: null,
    });
});

test('a choice is for one execution and starts a line; a start that never ran does not use it up', () => {
  const after = (resume: ResumeChoice, ...[verdict, cause]: Parameters<typeof outcome>) =>
    transition(
      runIn(PHASES.running!, { resume, retries: 9, attempt: 3 }),
      { kind: 'ended', attempt: 3, outcome: outcome(verdict, cause), progressed: false },
      NOW,
    ).resume;
  const chosen: ResumeChoice = { from: 'chosen', what: '5' };
  const line: ResumeChoice = { from: 'newest', since: 3, base: '5' };
  expect(after(chosen, 'interrupted', 'reboot')).toEqual(line);
  expect(after(chosen, 'failure', 'exit')).toEqual(line);
  expect(after({ from: 'nothing' }, 'failure', 'exit')).toEqual({ from: 'newest', since: 3 });
  expect(after({ from: 'newest', since: 2 }, 'failure', 'exit')).toEqual({ from: 'newest', since: 2 });
  expect(after(chosen, 'not_started', 'launch_failed')).toEqual(chosen);
  expect(after(chosen, 'abandoned', 'never_started')).toEqual(chosen);
  expect(after(chosen, 'hold', 'cwd_gone')).toEqual(chosen);
});

test('asked for the newest, a run stays in its line; another choice leaves it', () => {
  const failed = runIn(PHASES.failed!, { resume: { from: 'newest', since: 3, base: '5' } });
  const again = (resume: ResumeChoice) => transition(failed, { kind: 'retried', resume }, NOW).resume;
  expect(again({ from: 'newest' })).toEqual({ from: 'newest', since: 3, base: '5' });
  expect(again({ from: 'nothing' })).toEqual({ from: 'nothing' });
});

test('the stronger of two stops is kept, whichever came first', () => {
  for (const [i, a] of STOP_REASONS.entries())
    for (const [j, b] of STOP_REASONS.entries()) {
      const first = transition(runIn(PHASES.running!), { kind: 'stopRequested', reason: a }, NOW);
      const second = transition(first, { kind: 'stopRequested', reason: b }, NOW);
      expect(second).toMatchObject({ state: 'stopping', stop: STOP_REASONS[Math.min(i, j)] });
    }
});

test('whatever happens: attempts only grow, one by one, and never while one lives', () => {
  randomly(300, (random) => {
    let run = runIn({ state: 'queued', notBefore: null }, { attempt: 0, retries: random.upTo(3) });
    for (let step = 0; step < 60; step++) {
      const event = anyEvent(run, random);
      const before = run;
      try {
        run = transition(run, event, NOW + step * 1000);
      } catch (error) {
        expect(error).toBeInstanceOf(IllegalTransition);
        continue;
      }
      expect(run.attempt - before.attempt).toBe(event.kind === 'claimed' ? 1 : 0);
      if (event.kind === 'claimed') expect(isLive(before.state)).toBe(false);
      if (isLive(before.state) && !isLive(run.state)) expect(event.kind).toBe('ended');
      if (isFinal(before.state)) expect(['retried', 'resumed']).toContain(event.kind);
      expect(run.failures).toBeLessThanOrEqual(run.retries + 1);
      expect(run.startFailures).toBeLessThanOrEqual(5);
    }
  });
});

type Random = Parameters<Parameters<typeof randomly>[1]>[0];

function anyEvent(run: Run, random: Random): RunEvent {
  const event = random.of(Object.values(EVENTS));
  const attempt = run.attempt + random.upTo(1);
  if (event.kind === 'claimed') return { ...event, attempt, attemptId: `a${attempt}` };
  return event.kind === 'ended' ? { ...event, attempt, progressed: random.upTo(1) === 0 } : event;
}
