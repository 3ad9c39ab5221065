import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { until } from '../helpers/until.js';

const root = resolve(import.meta.dirname, '..', '..');

/** nspawn's exit status when the container asked for a reboot and no manager does it (`--keep-unit`). */
const REBOOT = 133;
/** The user of the container; a number that no machine's own user has. */
export const UID = 47_110;
export const USER = 'researcher';
const HOME = `/home/${USER}`;

/** What a machine needs that is to boot containers. */
export const canBoot = (): boolean =>
  process.geteuid?.() === 0 && existsSync('/usr/bin/systemd-nspawn') && cgroupMounts().length > 0;

/**
 * A machine that boots: this one's root under an overlay in systemd-nspawn, with a real systemd as its init. A
 * boot takes less than a second. Its boot id is new each time and process ids begin anew; the disk's cache
 * outlives it, so a power cut here loses no written byte.
 */
export class Container {
  readonly dir = mkdtempSync(join(tmpdir(), 'expd-boot-'));
  readonly root = join(this.dir, 'root');
  readonly #cgroup = basename(this.dir);
  #nspawn: ChildProcess | null = null;
  #init = 0;
  #boots = 0;
  #rebooting = false;

  /** @param units what the machine starts, by name, and files of `/etc/systemd/system` that it has. */
  constructor(units: readonly string[], files: Readonly<Record<string, string>>) {
    for (const name of ['layer', 'root']) mkdirSync(join(this.dir, name));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1g', 'tmpfs', join(this.dir, 'layer')]);
    for (const name of ['upper', 'work']) mkdirSync(join(this.dir, 'layer', name));
    const layers = `lowerdir=/,upperdir=${this.dir}/layer/upper,workdir=${this.dir}/layer/work`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, this.root]);
    const etc = join(this.root, 'etc');
    const system = join(etc, 'systemd/system');
    // What this machine has enabled does not start there.
    for (const entry of readdirSync(system))
      if (entry.endsWith('.wants') || entry.endsWith('.requires'))
        rmSync(join(system, entry), { recursive: true });
    writeFileSync(join(etc, 'machine-id'), `${'0123456789abcdef'.repeat(2)}\n`);
    appendFileSync(join(etc, 'passwd'), `${USER}:x:${UID}:${UID}::${HOME}:/bin/bash\n`);
    appendFileSync(join(etc, 'shadow'), `${USER}:*:20000:0:99999:7:::\n`);
    appendFileSync(join(etc, 'group'), `${USER}:x:${UID}:\n`);
    mkdirSync(join(this.root, HOME), { recursive: true });
    chownSync(join(this.root, HOME), UID, UID);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(system, name), text);
    writeFileSync(join(system, 'tested.target'), target(units));
  }

  /** Starts it and waits until its init answers. */
  async boot(): Promise<void> {
    const log = openSync(join(this.dir, 'console'), 'a');
    const nspawn = spawn('/bin/sh', ['-c', this.#command()], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#nspawn = nspawn;
    nspawn.once('exit', (code) => {
      this.#init = 0;
      this.#nspawn = null;
      if (code === REBOOT && this.#rebooting) void this.boot();
    });
    this.#init = await until('the init of the container', () => childOf(nspawn.pid!), 20_000);
    this.#boots++;
    await until('systemd answers', () => this.answers('systemctl', 'is-system-running'), 30_000);
  }

  #command(): string {
    // A cgroup of its own in each hierarchy, or containers side by side would share one.
    const enter = cgroupMounts().map((mount) => {
      const group = join(mount, this.#cgroup);
      return `mkdir -p ${group} && echo $$ > ${group}/cgroup.procs`;
    });
    const binds = [root, process.execPath].map((path) => `--bind-ro=${path}`).join(' ');
    const flags = `--private-network --machine=${this.#cgroup} --keep-unit --register=no --console=pipe ${binds}`;
    return [
      ...enter,
      `exec systemd-nspawn -q -D ${this.root} --boot ${flags} systemd.unit=tested.target </dev/null`,
    ].join(' && ');
  }

  /** What a program prints that runs inside, as root; rejects when it fails. */
  run(...argv: string[]): Promise<string> {
    return new Promise((done, failed) => {
      const words = ['-t', String(this.#init), '-m', '-p', '-u', '-i', '-n', '--', ...argv];
      execFile('nsenter', words, { timeout: 60_000 }, (error, stdout, stderr) =>
        error === null
          ? done(stdout)
          : failed(new Error(`${argv.join(' ')}: ${stdout}${stderr}`, { cause: error })),
      );
    });
  }

  answers(...argv: string[]): Promise<boolean> {
    return this.run(...argv).then(
      () => true,
      () => false,
    );
  }

  /** As the user, in the home directory, with what a login gives. */
  user(...argv: string[]): Promise<string> {
    const env = [
      `HOME=${HOME}`,
      `USER=${USER}`,
      `XDG_RUNTIME_DIR=/run/user/${UID}`,
      `PATH=/usr/local/bin:/usr/bin:/bin`,
    ];
    const as = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', `--inh-caps=-all`];
    return this.run(...as, 'env', '-i', '-C', HOME, ...env, ...argv);
  }

  expctl(...words: string[]): Promise<string> {
    return this.user(process.execPath, join(root, 'dist/bin/expctl.cjs'), ...words);
  }

  /** A file of the user's home, from outside. */
  file(name: string): string {
    return join(this.root, HOME, name);
  }

  /** An orderly reboot; resolves when it is up again. */
  async reboot(): Promise<void> {
    const boots = this.#boots;
    this.#rebooting = true;
    await this.run('systemctl', 'reboot').catch(() => undefined);
    await until('it has booted again', () => this.#boots > boots, 120_000);
    this.#rebooting = false;
    await until(
      'systemd answers',
      () => this.#init > 0 && this.answers('systemctl', 'is-system-running'),
      30_000,
    );
  }

  /** Everything in it dies at once. */
  async powerCut(): Promise<void> {
    const nspawn = this.#nspawn;
    if (nspawn === null) return;
    const over = once(nspawn, 'exit');
    // Its init, not nspawn: without nspawn the init would go on.
    process.kill(this.#init, 'SIGKILL');
    await over;
  }

  /** Ends it and takes everything away. */
  async close(): Promise<void> {
    await this.powerCut();
    for (const mount of [this.root, join(this.dir, 'layer')]) execFileSync('umount', [mount]);
    for (const mount of cgroupMounts()) await removeGroup(join(mount, this.#cgroup));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const target = (units: readonly string[]): string => `[Unit]
Requires=basic.target
Wants=dbus.socket systemd-logind.service ${units.join(' ')}
After=basic.target
AllowIsolate=yes
`;

/** The hierarchies that systemd wants to write: the v2 one, and on a hybrid machine systemd's own. */
function cgroupMounts(): string[] {
  const hybrid = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'].filter((path) => existsSync(path));
  if (hybrid.length > 0) return hybrid;
  return existsSync('/sys/fs/cgroup/cgroup.procs') ? ['/sys/fs/cgroup'] : [];
}

/** Groups empty a moment after their last process has been reaped. */
const removeGroup = (group: string): Promise<true> =>
  until(`${group} is empty`, () => {
    try {
      for (const entry of readdirSync(group, { withFileTypes: true, recursive: true }).reverse())
        if (entry.isDirectory()) rmdirSync(join(entry.parentPath ?? entry.path, entry.name));
      rmdirSync(group);
      return true;
    } catch {
      return !existsSync(group);
    }
  });

function childOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const first = Number(children.split(' ')[0]);
    // nspawn first forks helpers; its init is the one that has become systemd.
    return first > 0 && readFileSync(`/proc/${first}/comm`, 'utf8').trim() === 'systemd' ? first : undefined;
  } catch {
    return undefined;
  }
}
