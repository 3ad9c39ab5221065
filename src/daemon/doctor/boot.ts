import { fail, type Machine, ok, type Verdict, warn } from './machine.js';

/** Whether a reboot brings the daemon back, and this version of it. */
export function atBoot({ boot: { systemd, unit, otherwise } }: Machine): Verdict {
  const hint = 'expctl daemon install';
  if (unit === null || !systemd)
    return otherwise === null
      ? warn('a reboot will not bring the daemon back', hint)
      : ok(`a ${otherwise} brings the daemon back after a reboot`);
  if (!unit.enabled) return warn('the unit is installed but not enabled: a reboot will not start it', hint);
  if (unit.missingProgram !== null)
    return fail(`the unit starts ${unit.missingProgram}, which does not exist`, hint);
  const missing = changedKey(unit.text, unit.shipped);
  return missing === null
    ? ok('its unit brings the daemon back after a reboot')
    : warn(`the unit is not the one that this version ships (${missing})`, hint);
}

/** Without it the user's manager, and with it daemon and runs, end at the last logout, and start at the first login. */
export function lingering({ user, boot: { systemd, unit, lingering: lingers } }: Machine): Verdict {
  if (!systemd) return ok('no systemd that would end things at logout');
  if (lingers) return ok('lingering is on: a logout ends nothing');
  return unit === null
    ? ok('lingering is off, and no user unit needs it')
    : fail(
        'lingering is off: a logout ends the daemon and all runs, and a reboot starts them only at your next login',
        `sudo loginctl enable-linger ${user}`,
      );
}

/** systemd removes /run/user/UID with the last session. */
export const socketCleaner = ({ user, run, boot }: Machine): Verdict =>
  boot.systemd && run.path.startsWith('/run/user/') && !boot.lingering && boot.otherwise !== 'system unit'
    ? warn(
        `${run.path} goes at your logout, and with it the way to reach this daemon`,
        `sudo loginctl enable-linger ${user}`,
      )
    : ok('the socket outlives a logout');

/** The first `Key=value` line of the shipped unit that the installed one has not; what the installer fills in apart. */
function changedKey(installed: string, shipped: string): string | null {
  const settings = (text: string): string[] =>
    text.split('\n').filter((line) => /^[A-Z]\w+=/.test(line) && !/^(ExecStart|Environment)=/.test(line));
  const has = new Set(settings(installed));
  return settings(shipped).find((line) => !has.has(line)) ?? null;
}
