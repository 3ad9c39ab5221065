import { resolve } from 'node:path';

const PROGRAM = resolve(import.meta.dirname, '../fixtures/probe/probe.sh');

/** What tests/fixtures/probe/probe.sh is told to do. */
export interface Probe {
  /** Directory in which each execution leaves its proof. */
  effects: string;
  /** Numbered lines in the log, half of them before the pause. */
  lines: number;
  /** The pause, slept by a child process; 0 = none. */
  seconds: number;
  /** Exit code, or a signal's name without SIG. */
  end: number | string;
}

/** The command of a probe. */
export const probe = ({ effects, lines, seconds, end }: Probe): string[] => [
  PROGRAM,
  effects,
  String(lines),
  String(seconds),
  String(end),
];

/** What a command tells its probe; null for other programs. */
export function probeOf(argv: readonly string[]): Probe | null {
  const [program, effects, lines, seconds, end] = argv;
  if (program !== PROGRAM || effects === undefined || end === undefined) return null;
  return {
    effects,
    lines: Number(lines),
    seconds: Number(seconds),
    end: /^\d+$/.test(end) ? Number(end) : end,
  };
}
