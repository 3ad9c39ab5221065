import { ClientError } from './errors.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const EXAMPLES = '90m, 1h30m or 2:00:00';

/**
 * `90s`, `90m`, `1h30m`, `2d`, `2:00:00` (hours, minutes, seconds), `1-12:00:00` (with days) → milliseconds.
 * A bare number and `2:00` mean different things to different people and are refused. @throws ClientError
 */
export function duration(word: string): number {
  const clock = /^(?:(\d+)-)?(\d+):([0-5]\d):([0-5]\d)$/.exec(word);
  if (clock) {
    const [days, hours, minutes, seconds] = clock.slice(1).map((part) => Number(part ?? 0));
    return positive(((days! * 24 + hours!) * 60 + minutes!) * 60_000 + seconds! * 1000, word);
  }
  if (/^\d+(?:\.\d+)?$/.test(word))
    throw new ClientError(
      'usage',
      `${word} has no unit`,
      `write ${word}m for minutes, ${word}h for hours or 2:00:00`,
    );
  if (/^\d+:\d\d$/.test(word))
    throw new ClientError(
      'usage',
      `${word} may be hours or minutes`,
      `write ${word}:00 or ${word.split(':')[0]}m`,
    );
  if (!/^(?:\d+(?:\.\d+)?[smhd])+$/.test(word))
    throw new ClientError('usage', `${JSON.stringify(word)} is no duration`, `write ${EXAMPLES}`);
  const parts = [...word.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit!]!, 0);
  return positive(Math.round(ms), word);
}

/** `0s` is none, but a limit or grace of zero may be meant where the caller allows it. */
export const durationOrZero = (word: string): number => (/^0[smhd]?$/.test(word) ? 0 : duration(word));

const LONGEST_MS = 10 * 365 * UNIT_MS.d!;

function positive(ms: number, word: string): number {
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new ClientError(
    'usage',
    `${word} is ${ms > 0 ? 'longer than ten years' : 'no time at all'}`,
    `write ${EXAMPLES}`,
  );
}

/**
 * `14:00` (the next time the clock shows it), `now+2h`, ISO 8601 (`2026-01-02T14:00`, local time without a zone)
 * → Unix milliseconds; `now` → 0, which is no time to wait for. @throws ClientError
 */
export function begin(word: string, now: number): number {
  if (word === 'now') return 0;
  if (word.startsWith('now+')) return now + duration(word.slice(4));
  const clock = /^(\d{1,2}):(\d\d)$/.exec(word);
  if (clock) return nextTime(Number(clock[1]), Number(clock[2]), word, now);
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(word);
  const at = iso === null ? Number.NaN : Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? ''}`);
  if (Number.isNaN(at))
    throw new ClientError(
      'usage',
      `${JSON.stringify(word)} is no time`,
      'write 14:00, now+2h or 2026-01-02T14:00',
    );
  if (at <= now) throw new ClientError('usage', `${word} is past`, 'leave it out to begin at once');
  return at;
}

function nextTime(hours: number, minutes: number, word: string, now: number): number {
  if (hours > 23 || minutes > 59) throw new ClientError('usage', `${word} is no time of day`, 'write 14:00');
  const at = new Date(now);
  at.setHours(hours, minutes, 0, 0);
  // By the calendar, not by 24 hours: the night of a clock change is shorter or longer.
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}
