import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import { type GuardedPlaces, guardPlaces, type Surroundings } from '../../../src/daemon/guard/guard.js';
import { skipUnless } from '../../helpers/skip.js';

let home: string;
let places: GuardedPlaces;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'expd-guard-'));
  places = placesIn(home);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const placesIn = (base: string): GuardedPlaces => ({
  state: join(base, 'state'),
  run: join(base, 'run'),
  socket: join(base, 'run/expd.sock'),
  settings: join(base, 'config/settings.yaml'),
});

/** Plain, so that a mismatch prints all of it. */
async function refusal(
  given: Partial<Surroundings> = {},
  of = places,
): Promise<Pick<UserError, 'code' | 'message' | 'hint'>> {
  const error: unknown = await guardPlaces(of, given).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error(`not refused by a UserError: ${error}`);
  const { code, message, hint } = error;
  return { code, message, hint };
}

describe('directories', () => {
  test('missing ones are made, private, and found good again', async () => {
    await guardPlaces(places);
    for (const directory of [places.state, places.run]) expect(statSync(directory).mode & 0o777).toBe(0o700);
    await guardPlaces(places);
  });

  test.each(['state', 'run'] as const)(
    '%s open to group or others is refused, with the chmod',
    async (which) => {
      for (const mode of [0o750, 0o701, 0o777]) {
        mkdirSync(places[which], { recursive: true });
        chmodSync(places[which], mode);
        const error = await refusal();
        expect(error.code).toBe('unsafe_place');
        expect(error.message).toContain(mode.toString(8));
        execFileSync('/bin/sh', ['-c', error.hint]);
        await guardPlaces(places);
      }
    },
  );

  test('a symbolic link is refused, also one that leads to a good directory or to nothing', async () => {
    mkdirSync(join(home, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(home, 'elsewhere'), places.state);
    expect(await refusal()).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/is a symbolic link/),
    });
    rmSync(places.state);
    symlinkSync(join(home, 'nowhere'), places.state);
    expect(await refusal()).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/is a symbolic link/),
    });
  });

  test('a file in its place is refused', async () => {
    writeFileSync(places.state, '');
    expect(await refusal()).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/is not a directory/),
    });
  });

  test('a directory of somebody else is refused, with the chown', async () => {
    await guardPlaces(places);
    const error = await refusal({ uid: process.geteuid!() + 1 });
    expect(error).toMatchObject({ code: 'unsafe_place', message: expect.stringMatching(/belongs to uid/) });
    expect(error.hint).toBe(`sudo chown -R ${process.geteuid!() + 1} ${places.state}`);
  });

  test('a directory below a file cannot be made', async () => {
    writeFileSync(join(home, 'file'), '');
    expect(await refusal({}, placesIn(join(home, 'file')))).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/ENOTDIR/),
    });
  });

  test('a path that a socket cannot have is refused before anything is made', async () => {
    const long = placesIn(join(home, 'x'.repeat(100)));
    expect(await refusal({}, long)).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/the socket's path has \d+ bytes/),
    });
    expect(() => statSync(long.state)).toThrow();
    const name = 'x'.repeat(103 - Buffer.byteLength(join(home, 'run/')));
    await guardPlaces({ ...places, socket: join(home, 'run', name) });
    expect(await refusal({}, { ...places, socket: join(home, 'run', `${name}x`) })).toMatchObject({
      code: 'unsafe_place',
    });
  });

  const root = process.geteuid!() === 0;
  skipUnless(root, 'mounting needs root')('a read-only file system is refused', async () => {
    mkdirSync(places.state, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=700', 'tmpfs', places.state]);
    try {
      expect(await refusal()).toMatchObject({
        code: 'storage_failed',
        message: expect.stringMatching(/EROFS/),
      });
    } finally {
      execFileSync('umount', [places.state]);
    }
  });

  skipUnless(root, 'mounting needs root')(
    'a full file system is not: running runs must be recorded',
    async () => {
      mkdirSync(places.state, { mode: 0o700 });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=2,mode=700', 'tmpfs', places.state]);
      try {
        writeFileSync(join(places.state, 'last-inode'), '');
        expect(() => writeFileSync(join(places.state, 'one-more'), '')).toThrow(/ENOSPC/);
        await guardPlaces(places);
      } finally {
        execFileSync('umount', [places.state]);
      }
    },
  );
});

describe('network file systems', () => {
  const nfs = (point: string) => [
    { point: '/', type: 'ext4', source: '/dev/sda1', options: 'rw' },
    { point, type: 'nfs4', source: 'server:/home', options: 'rw' },
  ];

  test('are refused with the one command that moves the state, and nothing is made there', async () => {
    const error = await refusal({ mounts: nfs(home), home: false });
    expect(error.code).toBe('network_filesystem');
    expect(error.message).toContain('nfs4 (server:/home)');
    expect(() => statSync(places.state)).toThrow();
    execFileSync('/bin/sh', ['-c', error.hint]);
    const written = execFileSync('cat', [places.settings], { encoding: 'utf8' });
    expect(written).toMatch(/^state: \/\w+\/\{user\}\/expd\/\{machine_id\}\n$/);
  });

  test('with EXPD_HOME the setting would not help, so the hint is another', async () => {
    expect((await refusal({ mounts: nfs(home), home: true })).hint).toContain('EXPD_HOME');
  });

  test('a local disk mounted below a network home is good', async () => {
    mkdirSync(places.state, { mode: 0o700 });
    await guardPlaces(places, {
      mounts: [...nfs(home), { point: places.state, type: 'xfs', source: '/dev/sdb', options: 'rw' }],
    });
  });
});

describe('settings', () => {
  beforeEach(() => {
    mkdirSync(join(home, 'config'));
    writeFileSync(places.settings, 'slots: 1\n');
  });

  const foreignGroup = (path: string): void => chownSync(path, process.geteuid!(), anotherGroup!);
  /** One of ours that is not named as the user is; root may give files to any. */
  const anotherGroup =
    process.geteuid!() === 0 ? 65534 : process.getgroups!().find((gid) => gid !== process.geteuid!());

  test.each([0o666, 0o602])('of mode %o are refused: they name commands', async (mode) => {
    chmodSync(places.settings, mode);
    const error = await refusal();
    expect(error).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/settings\.yaml can be/),
    });
    execFileSync('/bin/sh', ['-c', error.hint]);
    await guardPlaces(places);
  });

  test('in a directory that everybody may write are refused, and so is the directory without them', async () => {
    chmodSync(join(home, 'config'), 0o777);
    expect((await refusal()).message).toMatch(/config can be written by everybody$/);
    rmSync(places.settings);
    const error = await refusal();
    execFileSync('/bin/sh', ['-c', error.hint]);
    await guardPlaces(places);
  });

  test('behind a link are looked at where they are', async () => {
    const target = join(home, 'dotfiles.yaml');
    writeFileSync(target, 'slots: 1\n');
    rmSync(places.settings);
    symlinkSync(target, places.settings);
    await guardPlaces(places);
    chmodSync(target, 0o666);
    const error = await refusal();
    execFileSync('/bin/sh', ['-c', error.hint]);
    await guardPlaces(places);
  });

  skipUnless(anotherGroup !== undefined, 'there is no other group')(
    'that a group may write are refused, unless it is the group of this user alone',
    async () => {
      chmodSync(places.settings, 0o664);
      foreignGroup(places.settings);
      const error = await refusal();
      expect(error.message).toMatch(/can be written by the group \d+$/);
      execFileSync('/bin/sh', ['-c', error.hint]);
      await guardPlaces(places);
      if (process.geteuid!() !== process.getegid!()) return;
      chownSync(places.settings, process.geteuid!(), process.getegid!());
      chmodSync(places.settings, 0o664);
      await guardPlaces(places);
    },
  );

  test('of another user are refused', async () => {
    if (process.geteuid!() === 0) execFileSync('chown', ['65534', places.settings]);
    const uid = process.geteuid!() === 0 ? 0 : process.geteuid!() + 1;
    expect(await refusal({ uid })).toMatchObject({
      code: 'unsafe_place',
      message: expect.stringMatching(/belongs to uid/),
    });
  });
});
