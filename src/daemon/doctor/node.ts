import { fail, type Machine, ok, type Verdict, warn } from './machine.js';

interface Line {
  /** The day after which no vulnerability is mended. */
  end: string;
  /** The first release without the known ones; CVE-2026-21714 lets a client of HTTP/2 fill our memory. */
  mended: string;
}

/**
 * Release lines from 20 on. Ends: github.com/nodejs/Release, schedule.json; mended: the security releases of
 * 24 March 2026 (nodejs.org/en/blog/vulnerability). Both as of November 2026.
 */
const LINES: Readonly<Record<number, Line>> = {
  20: { end: '2026-04-30', mended: '20.20.2' },
  21: { end: '2024-06-01', mended: '22.0.0' },
  22: { end: '2027-04-30', mended: '22.22.2' },
  23: { end: '2025-06-01', mended: '24.0.0' },
  24: { end: '2028-04-30', mended: '24.14.1' },
  25: { end: '2026-06-01', mended: '25.8.2' },
  26: { end: '2029-04-30', mended: '26.0.0' },
};

const OLDEST = '20.19.0';
const HINT =
  'install a newer Node (nodejs.org), then: expctl daemon install && expctl daemon stop && expctl daemon start';

export function node({ node: version, now }: Machine): Verdict {
  if (isOlder(version, OLDEST))
    return fail(`Node ${version} is older than ${OLDEST}, the oldest tested`, HINT);
  const line = LINES[Number(version.split('.')[0])];
  if (line === undefined) return ok(`Node ${version}`);
  if (isOlder(version, line.mended))
    return warn(`Node ${version} has known vulnerabilities that ${line.mended} has not`, HINT);
  if (now > Date.parse(line.end)) return warn(`Node ${version} gets no fixes since ${line.end}`, HINT);
  return ok(`Node ${version}, mended until ${line.end}`);
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  const differing = a!.findIndex((part, index) => part !== b![index]);
  return differing >= 0 && a![differing]! < b![differing]!;
}
