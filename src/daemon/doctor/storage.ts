import { showBytes } from '../quantity.js';
import { fail, type Machine, ok, type Place, type Verdict, warn } from './machine.js';

export const database = ({ database: wrong, state }: Machine): Verdict =>
  wrong === null
    ? ok('every page of the database is good')
    : fail(
        `the database is damaged: ${wrong}`,
        `restore a backup over ${state.path}/expd.db while no daemon runs`,
      );

export const settings = ({ settingsRefused: why, config }: Machine): Verdict =>
  why === null
    ? ok('the settings are in force as they stand')
    : fail(
        `the settings are not in force: ${why}`,
        `mend ${config.path}/settings.yaml: the next daemon will not start`,
      );

export function diskSpace({ disk, lowWaterBytes, state }: Machine): Verdict {
  const said = `${showBytes(disk.freeBytes)} free for ${state.path}`;
  const hint = 'free some space (expctl rm --files --older-than 30d), or lower the setting low_water';
  if (disk.freeBytes < lowWaterBytes)
    return fail(`${said}: below low_water (${showBytes(lowWaterBytes)}), so nothing new starts`, hint);
  return disk.freeBytes < 2 * lowWaterBytes
    ? warn(`${said}: close to low_water (${showBytes(lowWaterBytes)}), below which nothing starts`, hint)
    : ok(said);
}

/** A run directory takes about thirty; zero in all: the file system makes them as needed (btrfs, zfs). */
const FEW_INODES = 10_000;

export function inodes({ disk, state }: Machine): Verdict {
  if (disk.inodes === 0 || disk.freeInodes >= FEW_INODES) return ok('there is room for files');
  const said = `room for ${disk.freeInodes} more files on the disk of ${state.path}`;
  const hint = 'remove files: df -i, then find the directories with most of them';
  return disk.freeInodes === 0 ? fail(said, hint) : warn(said, hint);
}

export const ballast = ({ ballast: there, state }: Machine): Verdict =>
  there
    ? ok('space is held back for a full disk')
    : fail('the disk was full, so submissions are refused', `free some space on the disk of ${state.path}`);

/** The daemon does not start there; this is for a disk that was mounted over since, and for the settings. */
export function network({ state, run, config }: Machine): Verdict {
  const remote = [state, run].find((place) => place.network);
  if (remote)
    return fail(
      `${remote.path} lies on ${remote.filesystem}, where neither locks nor the database are safe`,
      "set `state` in settings.yaml to a directory on this machine's own disk",
    );
  return config.network
    ? warn(
        `the settings lie on ${config.filesystem}: changes made on another machine are seen late`,
        'after changing them elsewhere: expctl daemon stop && expctl daemon start',
      )
    : ok(`the state lies on ${state.filesystem}`);
}

export function privacy(machine: Machine): Verdict {
  const open = [machine.state, machine.run].find((place) => !isPrivate(place, machine.uid));
  if (open === undefined) return ok('state and socket are ours alone');
  return open.exists
    ? fail(
        `${open.path} is open to others: whoever can write there can execute programs as ${machine.user}`,
        `chown ${machine.user} '${open.path}' && chmod 700 '${open.path}'`,
      )
    : fail(`${open.path} is gone: this daemon cannot be reached`, 'expctl daemon start');
}

const isPrivate = ({ exists, uid, mode }: Place, own: number): boolean =>
  exists && uid === own && (mode & 0o077) === 0;

/** systemd-tmpfiles and tmpwatch take what is 10 days old from /tmp, and 30 from /var/tmp (tmpfiles.d(5)). */
export const stateCleaner = ({ state }: Machine): Verdict =>
  /^\/(var\/)?tmp\/|^\/dev\/shm\//.test(state.path)
    ? warn(
        `${state.path} is where cleaners and reboots remove files`,
        'for more than a try-out choose another place',
      )
    : ok('no cleaner comes to the state directory');
