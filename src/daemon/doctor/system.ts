import { fail, type Machine, ok, type Verdict, warn } from './machine.js';

export const shim = ({ shim: program }: Machine): Verdict =>
  'version' in program
    ? ok(`the supervisor runs: ${program.version}`)
    : fail(
        `the supervisor does not run: ${program.failure}`,
        'if the state directory is mounted noexec, move it; else install expd again',
      );

/** Each run takes two, each follower of logs and events two more; the writer, the database and the socket few. */
const ENOUGH_FILES = 1024;

export const descriptors = ({ limits: { openFiles } }: Machine): Verdict =>
  openFiles < ENOUGH_FILES
    ? warn(
        `the daemon may open only ${openFiles} files`,
        'expctl daemon install (its unit asks for 65536), or raise `nofile` in /etc/security/limits.conf',
      )
    : ok(`the daemon may open ${openFiles} files`);

/** A training script with its loader workers and threads takes hundreds. */
const ENOUGH_PROCESSES = 4096;

export const processes = ({ limits }: Machine): Verdict =>
  limits.processes < ENOUGH_PROCESSES
    ? warn(
        `all runs together may have only ${limits.processes} processes and threads`,
        'expctl daemon install (its unit lifts the limit), or raise `nproc` in /etc/security/limits.conf',
      )
    : ok('the number of processes is no hindrance');

export const inotify = ({ inotify: { instances, watches } }: Machine): Verdict =>
  instances < 64 || watches < 8192
    ? warn(
        `few files can be watched (${instances} instances, ${watches} watches): logs may not be followed`,
        'sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288',
      )
    : ok('files can be watched');

export function cgroup({ cgroup: { dir, memory }, boot }: Machine): Verdict {
  if (dir === null)
    return warn(
      'runs get no cgroup: all their processes are found through /proc, and memory is accounted for the machine as a whole',
      boot.systemd ? 'expctl daemon install, so that its unit gets one' : 'nothing, where no systemd runs',
    );
  return ok(memory ? 'each run has a cgroup with its own memory account' : 'each run has a cgroup');
}

export const hidepid = ({ procHidden }: Machine): Verdict =>
  procHidden
    ? warn(
        '/proc is mounted with hidepid: processes of a run that changed their credentials are not found when it is stopped',
        'run nothing setuid inside runs, or have the daemon in a group that may see them (mount option gid=)',
      )
    : ok('/proc shows all processes');

export function orphans({ orphans: left }: Machine): Verdict {
  if (left.length === 0) return ok('no process of a run that is over is left');
  const pids = left.map(({ pid }) => pid).join(' ');
  return fail(
    `processes of attempts that are over still run: ${pids}`,
    `look at them (ps ${pids}), then kill ${pids}`,
  );
}

export const git = ({ git: there }: Machine): Verdict =>
  there ? ok('git is there') : warn('there is no git: the code state of runs is not recorded', 'install git');
