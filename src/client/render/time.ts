/** Milliseconds as people say them: `45s`, `3m20s`, `2h05m`, `4d03h`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3600),
    Math.floor(seconds / 86_400),
  ];
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${days}d${two(hours % 24)}h`;
}

/** How long ago, in one unit: `45s`, `3m`, `2h`, `4d`. */
export const age = (ms: number): string => /^\d+[a-z]/.exec(span(ms))![0];

/** Local time: `14:02:11` today, else `2026-11-21 14:02`. */
export function localTime(at: number, now: number): string {
  const date = new Date(at);
  const day = (time: Date): string =>
    `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const minute = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return day(date) === day(new Date(now)) ? `${minute}:${two(date.getSeconds())}` : `${day(date)} ${minute}`;
}

/** For JSON: ISO 8601 in UTC, null where the time is not set. */
export const isoTime = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString());

const two = (number: number): string => String(number).padStart(2, '0');
