/** A moment as the clock of a place shows it. */
export interface Moment {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
}

/** What the local clock shows at `ms` since the epoch. */
export function localMoment(ms: number): Moment {
  const date = new Date(ms);
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    microsecond: Math.floor((ms - Math.floor(ms / 1000) * 1000) * 1000),
  };
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * `datetime.strftime` in the C locale, of a moment without a time zone. Directives that are not known stay as they
 * are. https://docs.python.org/3/library/datetime.html#format-codes
 */
export const strftime = (moment: Moment, format: string): string =>
  format.replace(/%([-_0^#]?)([a-zA-Z%])/g, (directive, flag: string, code: string) => {
    const field = FIELDS[code];
    return field === undefined ? directive : flagged(flag, field(moment));
  });

const two = (value: number): string => String(value).padStart(2, '0');
const hour12 = ({ hour }: Moment): number => hour % 12 || 12;

const FIELDS: Readonly<Record<string, (moment: Moment) => string>> = {
  Y: ({ year }) => String(year),
  C: ({ year }) => two(Math.floor(year / 100)),
  y: ({ year }) => two(year % 100),
  m: ({ month }) => two(month),
  d: ({ day }) => two(day),
  e: ({ day }) => String(day).padStart(2),
  H: ({ hour }) => two(hour),
  I: (moment) => two(hour12(moment)),
  k: ({ hour }) => String(hour).padStart(2),
  l: (moment) => String(hour12(moment)).padStart(2),
  M: ({ minute }) => two(minute),
  S: ({ second }) => two(second),
  f: ({ microsecond }) => String(microsecond).padStart(6, '0'),
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  P: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  j: (moment) => String(dayOfYear(moment) + 1).padStart(3, '0'),
  a: (moment) => name(DAYS, weekday(moment)).slice(0, 3),
  A: (moment) => name(DAYS, weekday(moment)),
  b: ({ month }) => name(MONTHS, month - 1).slice(0, 3),
  h: ({ month }) => name(MONTHS, month - 1).slice(0, 3),
  B: ({ month }) => name(MONTHS, month - 1),
  w: (moment) => String(weekday(moment)),
  u: (moment) => String(weekday(moment) || 7),
  U: (moment) => two(Math.floor((dayOfYear(moment) + 7 - weekday(moment)) / 7)),
  W: (moment) => two(Math.floor((dayOfYear(moment) + 7 - ((weekday(moment) + 6) % 7)) / 7)),
  V: (moment) => two(isoWeek(moment).week),
  G: (moment) => String(isoWeek(moment).year),
  g: (moment) => two(isoWeek(moment).year % 100),
  D: (moment) => strftime(moment, '%m/%d/%y'),
  F: (moment) => strftime(moment, '%Y-%m-%d'),
  x: (moment) => strftime(moment, '%m/%d/%y'),
  T: (moment) => strftime(moment, '%H:%M:%S'),
  X: (moment) => strftime(moment, '%H:%M:%S'),
  R: (moment) => strftime(moment, '%H:%M'),
  r: (moment) => strftime(moment, '%I:%M:%S %p'),
  c: (moment) => strftime(moment, '%a %b %e %H:%M:%S %Y'),
  s: (moment) => String(Math.floor(localTime(moment) / 1000)),
  n: () => '\n',
  t: () => '\t',
  z: () => '',
  Z: () => '',
  '%': () => '%',
};

const name = (names: readonly string[], index: number): string => names[index] ?? '';

/** glibc's flags: no padding, blanks, zeros, upper case, other case. */
function flagged(flag: string, field: string): string {
  switch (flag) {
    case '-':
      return field.replace(/^[0 ]+(?=.)/, '');
    case '_':
      return field.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
    case '0':
      return field.replace(/^ +/, (blanks) => '0'.repeat(blanks.length));
    case '^':
      return field.toUpperCase();
    case '#':
      return field === field.toUpperCase() ? field.toLowerCase() : field.toUpperCase();
    default:
      return field;
  }
}

const DAY_MS = 86_400_000;
const utc = ({ year, month, day }: Moment): number => {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year);
  return date.getTime();
};
const localTime = ({ year, month, day, hour, minute, second }: Moment): number =>
  new Date(year, month - 1, day, hour, minute, second).getTime();

const weekday = (moment: Moment): number => new Date(utc(moment)).getUTCDay();
/** From 0. */
const dayOfYear = (moment: Moment): number =>
  Math.round((utc(moment) - utc({ ...moment, month: 1, day: 1 })) / DAY_MS);

/** ISO 8601: the week that holds the year's first Thursday is its first. */
function isoWeek(moment: Moment): { year: number; week: number } {
  const thursday = new Date(utc(moment) + (4 - (weekday(moment) || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const first = Date.UTC(year, 0, 1);
  return { year, week: Math.floor((thursday.getTime() - first) / DAY_MS / 7) + 1 };
}
