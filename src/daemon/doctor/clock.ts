import { fail, type Machine, ok, type Verdict, warn } from './machine.js';

/** No clock that is right says less: this version was written later. */
const WRITTEN = Date.UTC(2026, 10, 1);

/** A machine whose battery is empty starts in the past; runs are ordered by number, but waiting times and names are not. */
export const clock = ({ now }: Machine): Verdict =>
  now < WRITTEN
    ? fail(
        `the clock says ${new Date(now).toISOString()}, which is past`,
        'set it, or let a time server: sudo timedatectl set-ntp true',
      )
    : ok(`the clock says ${new Date(now).toISOString()}`);

export const synchronised = ({ clockSynchronised }: Machine): Verdict =>
  clockSynchronised === false
    ? warn('no time server keeps the clock', 'sudo timedatectl set-ntp true')
    : ok(
        clockSynchronised === null
          ? 'nobody here can say whether a time server keeps the clock'
          : 'a time server keeps the clock',
      );
