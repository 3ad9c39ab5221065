import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../install.js';
import { type StartUp, setCronLine, startUpUnit } from './startup.js';

/** What brings the daemon back after a reboot. */
export type Means = 'systemd' | 'crontab';

export interface Installed {
  means: Means;
  /** What was done, a line each; empty when everything was in place. */
  did: string[];
  /** What could not be done, and the command that does it. */
  warnings: string[];
}

/** Nothing here can start a daemon at boot; `hint` says what to do. */
export class CannotInstall extends Error {
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

export const UNIT = 'expd.service';

/**
 * Makes the daemon start at boot: by a user unit with lingering, else by a crontab line. It starts none now.
 * A repeat changes nothing.
 */
export async function install(env: Environment = process.env): Promise<Installed> {
  return hasSystemd() ? installUnit(env) : installCronLine(env);
}

/** Takes both means away; the daemon that runs goes on. Lingering stays: other units may need it. */
export async function uninstall(env: Environment = process.env): Promise<string[]> {
  const did: string[] = [];
  const unit = unitFile(env);
  if (existsSync(unit)) {
    await rm(unit);
    await rm(wantedBy(unit), { force: true });
    if (hasSystemd()) await systemctl(env, 'daemon-reload').catch(() => undefined);
    did.push(`removed ${unit}`);
  }
  const crontab = await readCrontab();
  const without = crontab === null ? null : setCronLine(crontab, null);
  if (without !== null && without !== crontab) {
    await writeCrontab(without);
    did.push('removed the @reboot line from your crontab');
  }
  return did;
}

/** Which means is in place; null when a reboot would not bring the daemon back. */
export async function installed(env: Environment = process.env): Promise<Means | null> {
  if (existsSync(wantedBy(unitFile(env)))) return 'systemd';
  const crontab = await readCrontab();
  return crontab !== null && setCronLine(crontab, null) !== crontab ? 'crontab' : null;
}

/** Where the user's manager looks for the unit (systemd.unit(5)). */
export function unitFile(env: Environment): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'systemd/user', UNIT);
}

/** The link that makes the user's manager start it (WantedBy=default.target). */
const wantedBy = (unit: string): string => join(dirname(unit), 'default.target.wants', UNIT);

async function installUnit(env: Environment): Promise<Installed> {
  const did: string[] = [];
  const warnings: string[] = [];
  const { username } = userInfo();
  // First: lingering is what starts the user's manager where no session has.
  if (!existsSync(`/var/lib/systemd/linger/${username}`))
    await run('loginctl', ['enable-linger', username], env).then(
      () => did.push('enabled lingering, so that the daemon starts at boot and outlives your logout'),
      () =>
        warnings.push(
          `lingering could not be enabled, and without it a logout ends the daemon and all runs: sudo loginctl enable-linger ${username}`,
        ),
    );
  const file = unitFile(env);
  const text = startUpUnit(await readFile(join(PACKAGE_ROOT, 'systemd/user', UNIT), 'utf8'), startUp(env));
  if ((await readFile(file, 'utf8').catch(() => null)) !== text) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    did.push(`wrote ${file}`);
  }
  if (!existsSync(wantedBy(file))) {
    // What `systemctl --user enable` does, but also where no manager answers yet.
    await mkdir(dirname(wantedBy(file)), { recursive: true });
    await rm(wantedBy(file), { force: true }); // a link that leads nowhere
    await symlink(file, wantedBy(file));
    did.push(`enabled ${UNIT}`);
  }
  if (did.length > 0) await systemctl(env, 'daemon-reload').catch(() => undefined);
  return { means: 'systemd', did, warnings };
}

async function installCronLine(env: Environment): Promise<Installed> {
  const crontab = await readCrontab();
  if (crontab === null)
    throw new CannotInstall(
      'this machine has neither systemd nor cron',
      `have its init run this at boot, as ${userInfo().username}: ${startUp(env).argv.join(' ')}`,
    );
  const wanted = setCronLine(crontab, startUp(env));
  if (wanted === crontab) return { means: 'crontab', did: [], warnings: [] };
  await writeCrontab(wanted);
  return { means: 'crontab', did: ['added an @reboot line to your crontab'], warnings: [] };
}

/** The daemon as this installation starts it, and the variables that say where its files lie. */
function startUp(env: Environment): StartUp {
  const places = ['EXPD_HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME'];
  return {
    argv: [process.execPath, join(PACKAGE_ROOT, 'dist/bin/expd.cjs')],
    env: Object.fromEntries(places.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
  };
}

/** sd_booted(3). */
const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/** The user's manager is found through XDG_RUNTIME_DIR, which `su` and cron leave unset. */
function systemctl(env: Environment, ...words: string[]): Promise<string> {
  return run('systemctl', ['--user', ...words], {
    XDG_RUNTIME_DIR: `/run/user/${userInfo().uid}`,
    ...env,
  });
}

/** Null where there is no cron; an absent crontab is an empty one. */
function readCrontab(): Promise<string | null> {
  return run('crontab', ['-l'], process.env).catch((reason: unknown) =>
    reason instanceof Error && /no crontab for/.test(reason.message) ? '' : null,
  );
}

const writeCrontab = (text: string): Promise<string> => run('crontab', ['-'], process.env, text);

const PATIENCE_MS = 30_000;

/** @returns standard output; rejects with the first line of standard error. */
function run(program: string, words: string[], env: Environment, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { env, timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr.trim().split('\n')[0] || error.message, { cause: error }));
    });
    // A program that ends without reading has said why on standard error.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
