import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';
import { filesystemOf, type Mount, readMounts } from './filesystem.js';
import { ensurePrivate, guardSettings, quote } from './private.js';

/** What the guard looks at; `Places` has these. */
export interface GuardedPlaces {
  state: string;
  run: string;
  socket: string;
  settings: string;
}

/** What a test may hand in instead of this machine. */
export interface Surroundings {
  uid: number;
  mounts: readonly Mount[];
  /** `EXPD_HOME` decides where the state lies, and the setting `state` does not. */
  home: boolean;
}

/** sun_path is 108 bytes on Linux and 104 elsewhere (unix(7)); a client elsewhere shall reach it, too. */
const LONGEST_SOCKET_PATH = 103;

/**
 * Before anything is opened: state and run directory are there, ours alone, writable and on a local disk.
 * @throws UserError unsafe_place, network_filesystem or storage_failed, with the command that mends it.
 */
export async function guardPlaces(places: GuardedPlaces, given: Partial<Surroundings> = {}): Promise<void> {
  const { uid, mounts, home }: Surroundings = {
    uid: given.uid ?? process.geteuid!(),
    mounts: given.mounts ?? (await readMounts()),
    home: given.home ?? Boolean(process.env.EXPD_HOME),
  };
  guardSocketPath(places.socket);
  await guardSettings(places.settings, uid);
  await guardLocal(places, mounts, home);
  await ensurePrivate(places.state, 'state directory', uid);
  await ensurePrivate(places.run, 'socket directory', uid);
}

function guardSocketPath(socket: string): void {
  const bytes = Buffer.byteLength(socket);
  if (bytes > LONGEST_SOCKET_PATH)
    throw new UserError(
      'unsafe_place',
      `the socket's path has ${bytes} bytes and may have ${LONGEST_SOCKET_PATH}: ${socket}`,
      'set XDG_RUNTIME_DIR or EXPD_HOME to a shorter path',
    );
}

async function guardLocal(places: GuardedPlaces, mounts: readonly Mount[], home: boolean): Promise<void> {
  const { type, source, network } = await filesystemOf(places.state, mounts);
  if (!network) return;
  throw new UserError(
    'network_filesystem',
    `state directory ${places.state} lies on ${type}${source && ` (${source})`}, where a database is not safe`,
    home ? 'set EXPD_HOME to a directory on a local disk' : await moveCommand(places.settings, mounts),
  );
}

const LOCAL_DISKS = ['/scratch', '/local', '/localscratch', '/ssd', '/data'];

/** The one command after which the state lies on this machine's own disk. */
async function moveCommand(settings: string, mounts: readonly Mount[]): Promise<string> {
  const disk = (await firstUsable(LOCAL_DISKS, mounts)) ?? '/scratch';
  return `mkdir -p ${quote(dirname(settings))} && echo 'state: ${disk}/{user}/expd/{machine_id}' >> ${quote(settings)}`;
}

async function firstUsable(directories: readonly string[], mounts: readonly Mount[]): Promise<string | null> {
  for (const directory of directories)
    try {
      await access(directory, constants.W_OK);
      if (!(await filesystemOf(directory, mounts)).network) return directory;
    } catch {}
  return null;
}
