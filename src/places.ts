import { readFileSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Where settings, state and socket lie: one rule for daemon and client. */
export interface Places {
  /** Holds settings.yaml. */
  config: string;
  /** Database, attempts, environments, logs; this machine's alone. */
  state: string;
  /** Holds the socket; 0700. */
  run: string;
  socket: string;
  settings: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `EXPD_HOME` puts everything under one directory; else the XDG directories. `stateOverride` is the
 * `state` setting, with `{user}` and `{machine_id}` for homes that several machines share.
 */
export function places(env: Environment, stateOverride: string | null = null): Places {
  const home = set(env.EXPD_HOME);
  const base = set(env.HOME) ?? userInfo().homedir;
  const config = home
    ? join(home, 'config')
    : join(set(env.XDG_CONFIG_HOME) ?? join(base, '.config'), 'expd');
  const state = home
    ? join(home, 'state')
    : stateOverride !== null
      ? fill(stateOverride)
      : join(set(env.XDG_STATE_HOME) ?? join(base, '.local', 'state'), 'expd', machineId());
  const run = home ? join(home, 'run') : runtimeDir(env, state);
  return { config, state, run, socket: join(run, 'expd.sock'), settings: join(config, 'settings.yaml') };
}

function runtimeDir(env: Environment, state: string): string {
  const xdg = set(env.XDG_RUNTIME_DIR);
  if (xdg) return join(xdg, 'expd');
  const systemd = `/run/user/${userInfo().uid}`;
  return isDirectory(systemd) ? join(systemd, 'expd') : join(state, 'run');
}

/** `EXPD_HOME=here`: the daemon, whose working directory is another one, must find the same place. */
export const withAbsoluteHome = <E extends Environment>(env: E): E =>
  env.EXPD_HOME && !isAbsolute(env.EXPD_HOME) ? { ...env, EXPD_HOME: resolve(env.EXPD_HOME) } : env;

/** Left by `daemon stop`: until somebody starts it on purpose, no other verb starts the daemon. */
export const stopMarker = (state: string): string => join(state, 'stopped');

/** /etc/machine-id (machine-id(5)), or the host's name where there is none. */
export function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || hostname();
  } catch {
    return hostname();
  }
}

const fill = (path: string): string =>
  path.replaceAll('{user}', userInfo().username).replaceAll('{machine_id}', machineId());

const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
