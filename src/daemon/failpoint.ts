/**
 * The gaps between one durable step and the next. The fault tests kill the daemon in each of them:
 * `EXPD_FAILPOINT=afterClaim:3` dies by SIGKILL at the third passage. Unset, a passage is one comparison.
 */
export const FAILPOINTS = [
  'beforePrepare',
  'beforeMark',
  'afterMark',
  'beforeClaim',
  'afterClaim',
  'afterLaunch',
  'beforeSpawned',
  'afterSpawned',
  'beforeEnd',
  'afterEnd',
  'beforeSettled',
  'afterSettled',
  'beforeCommit',
  'afterCommit',
  'beforeAnswer',
  'reconcile',
  'afterTakingClaim',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

const [armed = '', passages = '1'] = (process.env.EXPD_FAILPOINT ?? '').split(':');
let left = Number(passages);

export function failpoint(point: Failpoint): void {
  if (point === armed && --left === 0) process.kill(process.pid, 'SIGKILL');
}
