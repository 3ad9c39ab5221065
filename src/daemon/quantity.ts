/** What people write for sizes and durations in settings. */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `90s`, `5m`, `1h30m`, `2d` → milliseconds; null when it is none. A bare number has no unit and is refused. */
export function durationMs(text: string): number | null {
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text)) return null;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g))
    seconds += Number(count) * SECONDS[unit!]!;
  return Math.round(seconds * 1000);
}

/** `512MiB`, `2GB`, `1G`, `0` → bytes, all of them powers of 1024; null when it is none. */
export function bytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT])?(?:i?B)?$/.exec(text);
  return match === null ? null : Math.round(Number(match[1]) * (match[2] ? BYTES[match[2]]! : 1));
}

/** `1.5 GiB`, for messages. */
export function showBytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  let value = count;
  while (value >= 1024 && power < units.length - 1) {
    value /= 1024;
    power++;
  }
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
