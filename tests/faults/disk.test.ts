import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect } from 'vitest';
import { Calls } from '../helpers/calls.js';
import { Home, processesWith } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { fill, has, inBoot, processesIn, ROOT, smallDisk, tamper } from '../helpers/machine.js';
import { signalAll } from '../helpers/processes.js';
import { skipUnless } from '../helpers/skip.js';
import { Scene } from '../helpers/storm.js';
import { until } from '../helpers/until.js';

const mounts = skipUnless(ROOT, 'mounting needs root');
const straces = skipUnless(has('strace', '-V'), 'needs strace');

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Stage {
  home: Home;
  scene: Scene;
  calls: Calls;
}

/** `mount`: a directory of the home that lies on a small disk of its own. */
function stage(mount?: (home: Home) => { directory: string; size: string }): Stage {
  const home = new Home();
  const scene = new Scene(home, 2);
  const calls = new Calls(home.socket);
  closers.push(
    () => home.close(),
    () => calls.close(),
  );
  if (mount !== undefined) {
    const { directory, size } = mount(home);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const disk = smallDisk(directory, size);
    closers.push(
      () => disk.release(),
      () => home.stop('SIGKILL'),
      () => endRuns(home),
    );
  }
  return { home, scene, calls };
}

describe('a full disk', () => {
  mounts(
    'of the state: submissions are refused, runs go on, ends are recorded, and it recovers',
    async () => {
      const { home, scene, calls } = stage((home) => ({ directory: home.state, size: '24m' }));
      await scene.start();
      const running = await scene.submit(calls, { seconds: 2, end: 3, lines: 10 });
      await home.untilState(running.runId, 'running');
      const free = fill(scene.state);

      await expect(scene.submit(calls)).rejects.toMatchObject({
        code: status.RESOURCE_EXHAUSTED,
        message: expect.stringMatching(/full|space/),
      });
      const refused = await home.expctl(['submit', '--', 'true']);
      expect(refused.code).toBe(1);
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
      const ended = await home.untilState(running.runId, 'failed');
      expect(ended.exitCode).toBe(3);

      free();
      const later = await until('there is room again', () => scene.submit(calls).catch(() => undefined));
      await home.untilState(later.runId, 'succeeded');
      await scene.settle();
      assertInvariants(scene, scene.acknowledged);
    },
  );

  mounts('of the state, over a kill of the daemon: the end of a run is not lost', async () => {
    const { home, scene, calls } = stage((home) => ({ directory: home.state, size: '24m' }));
    await scene.start();
    const running = await scene.submit(calls, { seconds: 1, end: 5, lines: 10 });
    await home.untilState(running.runId, 'running');
    const free = fill(scene.state);
    await home.stop('SIGKILL');
    const [id] = scene.attempts();
    await until('the run is over', () => processesWith(`EXPD_ATTEMPT_ID=${id}`).length === 0);
    await scene.start();
    expect((await home.untilState(running.runId, 'failed')).exitCode).toBe(5);
    expect((await home.expctl(['daemon', 'stop'])).code).toBe(0);
    // What a clean end has freed is taken as well.
    free();
    const freed = fill(scene.state);
    await scene.start();
    expect((await home.run(running.runId)).exitCode).toBe(5);
    freed();
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  });

  mounts('of inodes: whatever is missing for it, a start that fails says so in one line', async () => {
    const home = new Home();
    closers.push(() => home.close());
    const directory = join(home.dir, 'home');
    mkdirSync(directory);
    let served = 0;
    for (let inodes = 2; served === 0; inodes++) {
      const disk = smallDisk(directory, `64m,nr_inodes=${inodes}`);
      try {
        await home.start();
        const { code, stderr } = await home.expctl(['submit', '-q', '--', 'true']);
        if (code === 0) served = inodes;
        else expect(stderr).toMatch(/^expctl: the disk of the state directory is full; [^\n]*\n$/);
        const stopped = await home.expctl(['daemon', 'stop']);
        expect([stopped.code, stopped.stdout]).toEqual([0, expect.stringMatching(/ended; runs go on/)]);
      } catch (error) {
        expect(String(error)).toMatch(/^Error: expd ended before it was ready \(78\): expd: [^\n]*\n?$/);
      } finally {
        home.daemon = null;
        await endRuns(home);
        disk.release();
      }
    }
    expect(served).toBeGreaterThan(8);
  });

  mounts('where the settings lie: it starts, and follows them no more', async () => {
    const { home } = stage((home) => ({ directory: join(home.dir, 'home'), size: '64m' }));
    const places = ['state', 'run'].map((name) => join(home.dir, 'home', name));
    for (const place of places) {
      mkdirSync(place);
      const disk = smallDisk(place, '32m');
      closers.push(() => disk.release());
    }
    execFileSync('mount', ['-o', 'remount,ro', join(home.dir, 'home')]);
    await home.start();
    expect((await home.expctl(['submit', '--wait', '--', 'true'])).code).toBe(0);
    expect(readFileSync(join(home.state, 'log/expd.log'), 'utf8')).toContain('settings_not_watched');
    expect(await home.stop()).toBe(0);
  });

  mounts('of the project: the end of the run is the true one', async () => {
    const { home, scene, calls } = stage((home) => ({
      directory: join(home.project, 'outputs'),
      size: '2m',
    }));
    await scene.start();
    const argv = [
      '/bin/sh',
      '-c',
      'dd if=/dev/zero of="$EXPD_RUN_DIR/all" bs=4k 2>/dev/null; echo full; exit 9',
    ];
    const [result] = await calls.submit([{ argv, cwd: home.project, name: 'filler' }], home.env);
    const ended = await home.untilState(result!.run!.id, 'failed');
    expect(ended.exitCode).toBe(9);
    // What cannot be started for want of room waits, and starts once there is some.
    const waiting = await scene.submit(calls);
    rmSync(join(ended.runDir, 'all'));
    await home.untilState(waiting.runId, 'succeeded');
  });
});

describe('a failing disk', () => {
  straces('what cannot be written is not acknowledged, and what could is there', async () => {
    const { home, scene, calls } = stage();
    const pid = await scene.start();
    const running = await scene.submit(calls, { seconds: 1, end: 4, lines: 10 });
    await home.untilState(running.runId, 'running');
    for (const fault of ['pwrite64:error=EIO', 'fsync:error=EIO', 'pwrite64:error=EIO:when=2']) {
      const mend = await tamper(pid, fault);
      const answers = await Promise.allSettled([scene.submit(calls), scene.submit(calls)]);
      if (!fault.includes('when'))
        expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await mend();
      await scene.submit(calls);
    }
    expect((await home.untilState(running.runId, 'failed')).exitCode).toBe(4);
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  });

  mounts('a state that cannot be written is refused in one line', async () => {
    const { home, scene } = stage();
    await scene.start();
    await home.stop();
    execFileSync('mount', ['--bind', home.state, home.state]);
    closers.push(() => spawnSync('umount', ['-l', home.state]));
    execFileSync('mount', ['-o', 'remount,ro,bind', home.state]);
    const refused = await scene.start().catch((error: Error) => error.message);
    expect(refused).toMatch(/^expd ended before it was ready \(78\): expd: .*EROFS/);
    expect(String(refused).trim().split('\n')).toHaveLength(1);
    home.daemon = null;
  });
});

/** EXT4_IOC_SHUTDOWN without a flush of the journal: what a power cut leaves on the disk is what has been synced. */
const CUT = `import fcntl,os,struct,sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))`;

describe('a power cut', () => {
  const loops = skipUnless(
    ROOT && has('mkfs.ext4', '-V') && has('python3', '-V'),
    'needs root, mkfs.ext4 and python3',
  );

  loops('every acknowledged submission is there after it', async () => {
    const { home, scene } = stage();
    const [image, disk] = [join(home.dir, 'disk.img'), join(home.dir, 'home')];
    writeFileSync(image, '');
    truncateSync(image, 48 << 20);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    mkdirSync(disk, { recursive: true });
    const mount = (): void => void execFileSync('mount', ['-o', 'loop', image, disk]);
    closers.push(() => spawnSync('umount', ['-l', disk]));
    const command = home.command;
    const reboot = (n: number): void => {
      mount();
      const bootId = `00000000-0000-4000-8000-00000000000${n}`;
      home.command = inBoot(bootId, join(home.dir, `boot-${n}`), command);
    };

    scene.insists = true;
    const clients = Array.from({ length: 3 }, () => new Calls(home.socket));
    let enough = false;
    const submitting = clients.map(async (calls, n) => {
      while (!enough) await scene.submit(calls, { lines: n, seconds: 0.05 }, n > 0);
    });
    for (const n of [1, 2, 3]) {
      reboot(n);
      await scene.start();
      const known = scene.acknowledged.length;
      await until('some are acknowledged', () => scene.acknowledged.length > known + 12);
      const namespace = readlinkSync(`/proc/${home.daemon!.pid}/ns/mnt`);
      execFileSync('python3', ['-c', CUT, disk]);
      await home.stop('SIGKILL');
      signalAll(processesIn(namespace));
      spawnSync('umount', ['-l', disk]);
      await until('the disk is let go', () => execFileSync('losetup', ['-j', image]).length === 0);
    }
    enough = true;
    reboot(4);
    await scene.start();
    await Promise.all(submitting);
    for (const calls of clients) calls.close();
    await scene.settle();
    assertInvariants(scene, scene.acknowledged);
  });
});

/** Kills what runs for a home, and the shims, which end by themselves. */
async function endRuns(home: Home): Promise<void> {
  signalAll(processesWith(`HOME=${home.dir}`));
  await until('nothing runs', () => processesWith(`HOME=${home.dir}`).length === 0);
}
