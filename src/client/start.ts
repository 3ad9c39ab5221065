import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { type Places, stopMarker } from '../places.js';
import { notRunning } from './connect.js';
import { ClientError } from './errors.js';

/** Called when nobody answers at the socket: starts a daemon, or throws why it may not. */
export type Starter = (why: 'absent' | 'refused') => Promise<void>;

type Environment = Readonly<Record<string, string | undefined>>;

export interface StartPolicy {
  env: Environment;
  places: Places;
  /** Not forbidden by `--no-start` or EXPD_NO_START. */
  allowed: boolean;
  /** `submit` and `daemon start` start it also after it was stopped on purpose. */
  evenIfStopped: boolean;
  note(line: string): void;
}

export function starterFor({ env, places, allowed, evenIfStopped, note }: StartPolicy): Starter {
  return async (why) => {
    if (!allowed) throw notRunning(why, places);
    if (!evenIfStopped && existsSync(stopMarker(places.state)))
      throw new ClientError('unreachable', 'the daemon was stopped', 'expctl daemon start starts it again');
    // Most commands find a daemon; the others have time to load what starts one.
    const [{ launch }, { installed }] = await Promise.all([import('./launch.js'), import('./install.js')]);
    const how = await launch(env, places);
    rmSync(stopMarker(places.state), { force: true });
    note(`started the daemon (${how})`);
    if (evenIfStopped && (await installed(env)) === null)
      note('a reboot will not bring it back until you run: expctl daemon install');
  };
}

/**
 * Says that the daemon was stopped on purpose; only `submit` and `daemon start` start it again. It can be stopped
 * without that, too. @returns why it could not be said: a full disk, for one
 */
export function markStopped(places: Places): string | null {
  try {
    writeFileSync(stopMarker(places.state), '', { mode: 0o600 });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
