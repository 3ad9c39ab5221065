import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { isAlive, type ProcessId } from '../../src/daemon/supervisor/identity.js';
import { Calls, Refused, type Verb, wasRefused } from './calls.js';
import { Home } from './home.js';
import type { Acknowledged, Judged } from './invariants.js';
import { probe } from './probe.js';
import { until } from './until.js';

/** What a storm does to a daemon. Everything random follows from the seed, but for the machine's own timing. */
export interface Weather {
  seed: number;
  runs: number;
  /** Clients that submit at the same time. */
  submitters: number;
  /** What a daemon has before its SIGKILL, in ms: from, to. One life in four is counted from its birth, not from `ready`. */
  lifeMs: readonly [from: number, to: number];
  /** Lives that are cut short, at least; more while submissions are under way. */
  kills: number;
  /** How long a probe pauses at most. */
  seconds: number;
  /** Cancel, hold, release and retry some of the runs meanwhile. */
  meddle?: boolean;
  /** Kill shims, or main processes as well. */
  killRuns?: 'shims' | 'shims and runs';
}

/** A daemon in a home of its own, the effects of its probes, and all that it has acknowledged. */
export class Scene implements Judged {
  readonly state: string;
  readonly effects: string;
  readonly acknowledged: Acknowledged[] = [];
  /** Whether submissions that the disk refused are made again, like those that got no answer. */
  insists = false;
  #keys = 0;

  constructor(
    readonly home: Home = new Home(),
    readonly slots = 4,
  ) {
    this.state = home.state;
    this.effects = join(home.dir, 'effects');
    mkdirSync(this.effects);
  }

  start(env: Record<string, string> = {}): Promise<number> {
    return this.home.start(['--slots', String(this.slots)], env);
  }

  /** A submission of a probe, tried again until it is acknowledged; with a key, or by its request's id alone. */
  async submit(
    calls: Calls,
    what: Partial<Parameters<typeof probe>[0]> = {},
    keyed = true,
  ): Promise<Acknowledged> {
    const argv = probe({ effects: this.effects, lines: 4, seconds: 0, end: 0, ...what });
    const name = `k${++this.#keys}`;
    const key = keyed ? name : null;
    const cwd = this.home.project;
    const asked = { argv, cwd, key: key ?? '', seed: 1, graceMs: 2000 };
    const environment = { PATH: '/usr/bin:/bin', HOME: this.home.dir };
    const answered = async () => {
      try {
        const [result] = await calls.submit([asked], environment, `${this.home.dir}/${name}`);
        if (result?.run === undefined) throw new Refused(result?.error?.message ?? 'no result');
        return { runId: result.run.id, argv, cwd, key };
      } catch (error) {
        if (wasRefused(error) && !this.insists) throw error;
        return undefined;
      }
    };
    const acknowledged = await until(`${name} is acknowledged`, answered, 120_000);
    this.acknowledged.push(acknowledged);
    return acknowledged;
  }

  /** Asks for something that may be refused or get no answer; a cancellation may have happened all the same. */
  async meddle(calls: Calls, verb: Verb, run: Acknowledged): Promise<void> {
    if (verb === 'cancel') run.cancelled = true;
    await calls.act(verb, run.runId).catch(() => {});
  }

  /** Waits until every run is final, lets go of held ones; then a daemon that stops, and one that sweeps. */
  async settle(limitMs = 240_000): Promise<void> {
    if (this.home.daemon === null) await this.start();
    const calls = new Calls(this.home.socket);
    await until('every run is final', () => this.#allFinal(calls), limitMs).finally(() => calls.close());
    await until('nothing of the attempts is left', () => this.attempts().length === 0, 20_000).catch(
      () => {},
    );
    await this.home.stop();
    await this.start();
    await this.home.stop();
  }

  /** Ids of attempts that have a directory. */
  attempts(): string[] {
    const dir = join(this.state, 'attempts');
    return existsSync(dir) ? readdirSync(dir) : [];
  }

  /** What the shim of an attempt recorded at its start, null when it has not. */
  started(attemptId: string): { shim: ProcessId; main: ProcessId } | null {
    try {
      return JSON.parse(readFileSync(join(this.state, 'attempts', attemptId, 'started'), 'utf8'));
    } catch {
      return null;
    }
  }

  query<Row>(sql: string): Row[] {
    const db = new Database(join(this.state, 'expd.db'), { readonly: true, timeout: 5000 });
    try {
      return db.prepare<[], Row>(sql).all();
    } finally {
      db.close();
    }
  }

  async #allFinal(calls: Calls): Promise<boolean> {
    const open = this.query<{ id: number; state: string }>(
      'SELECT id, state FROM runs WHERE ended_at IS NULL',
    );
    const held = open.filter(({ state }) => state === 'held');
    await Promise.all(held.map(({ id }) => calls.act('release', id).catch(() => {})));
    if (open.length > 0) await pause(30);
    return open.length === 0;
  }
}

/** What a storm did. */
export interface Aftermath {
  kills: number;
  killedRuns: number;
}

/** Clients submit while the daemon is killed over and over; in the end everything is settled. */
export async function storm(scene: Scene, weather: Weather): Promise<Aftermath> {
  const random = generator(weather.seed);
  const clients = Array.from({ length: weather.submitters }, () => new Calls(scene.home.socket));
  const aftermath = { kills: 0, killedRuns: 0 };
  let submitting = true;
  const submitted = Promise.all(
    clients.map((calls, n) => submitter(scene, calls, weather, generator(weather.seed * 1000 + n))),
  ).finally(() => {
    submitting = false;
  });
  submitted.catch(() => {}); // told below, once the daemon at hand is dead
  try {
    while (submitting || aftermath.kills < weather.kills) {
      await life(scene, between(random, weather.lifeMs), random() < 0.25);
      aftermath.kills++;
      if (weather.killRuns && killRun(scene, random, weather.killRuns)) aftermath.killedRuns++;
    }
    await submitted;
    await scene.settle();
    return aftermath;
  } finally {
    for (const calls of clients) calls.close();
    await submitted.catch(() => {});
  }
}

const ENDS = [0, 0, 0, 0, 1, 3, 255, 'SEGV'];
const VERBS: readonly Verb[] = ['cancel', 'hold', 'release', 'retry'];

async function submitter(scene: Scene, calls: Calls, weather: Weather, random: () => number): Promise<void> {
  for (let n = 0; n < weather.runs / weather.submitters; n++) {
    const seconds = random() < 0.5 ? 0 : Number((random() * weather.seconds).toFixed(3));
    const lines = Math.floor(random() * 40);
    const run = await scene.submit(calls, { lines, seconds, end: pick(random, ENDS) }, random() < 0.5);
    if (!weather.meddle || random() < 0.6) continue;
    await scene.meddle(calls, pick(random, VERBS), pick(random, [run, pick(random, scene.acknowledged)]));
  }
}

/** What a start takes on a machine with nothing else to do. */
const START_MS = 250;

/**
 * A daemon from its start to its SIGKILL; `early`: perhaps before it is ready. On a busy machine it has longer, as its
 * start shows: lives in which nothing can be answered would never come to an end.
 */
export async function life(scene: Scene, ms: number, early: boolean): Promise<void> {
  const born = performance.now();
  const ready = scene.start().catch(() => {});
  const daemon = scene.home.daemon!;
  const died = once(daemon, 'exit');
  if (!early) await ready;
  const slowness = early ? 1 : Math.max(1, (performance.now() - born) / START_MS);
  await Promise.race([pause(ms * slowness), died]);
  daemon.kill('SIGKILL');
  await died;
  await ready;
  scene.home.daemon = null;
}

/** Kills a random shim or main process while no daemon looks; its attempt is interrupted or ends by the signal. */
function killRun(scene: Scene, random: () => number, which: Weather['killRuns']): boolean {
  const chosen = pick(random, [null, ...scene.attempts()]);
  const started = chosen === null ? null : scene.started(chosen);
  if (started === null) return false;
  return killExactly(which === 'shims' || random() < 0.5 ? started.shim : started.main);
}

/** SIGKILL to that very process, not to who has its pid now; false: it has ended. */
export function killExactly(process_: ProcessId, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  return isAlive(process_) && process.kill(process_.pid, signal);
}

/** mulberry32: numbers in [0, 1) that follow from the seed. */
export function generator(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A new one for each run of a suite, and how to have it again. */
export function newSeed(what: string): number {
  const seed = Number(process.env.EXPD_TEST_SEED) || Math.floor(Math.random() * 1e9);
  console.log(`${what}: seed ${seed} (EXPD_TEST_SEED=${seed} repeats it)`);
  return seed;
}

export const pick = <T>(random: () => number, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)]!;
const between = (random: () => number, [from, to]: readonly [number, number]): number =>
  from + Math.floor(random() * (to - from));

/** Kills the daemon the moment an acknowledgement is read, `times` over; then everything is settled. */
export async function ambush(scene: Scene, times: number): Promise<void> {
  const calls = new Calls(scene.home.socket);
  try {
    for (let n = 0; n < times; n++) {
      const ready = scene.start().catch(() => {});
      await scene.submit(calls, { end: n % 2, lines: n }, n % 2 === 0);
      await scene.home.stop('SIGKILL');
      await ready;
    }
    await scene.settle();
  } finally {
    calls.close();
  }
}
