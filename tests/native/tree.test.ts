import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { skipUnless } from '../helpers/skip.js';
import { until } from '../helpers/until.js';
import {
  command,
  exitOf,
  has,
  logOf,
  makeAttempt,
  processesOf,
  run,
  runToEnd,
  scratch,
  sh,
  startedOf,
} from './attempt.js';

const root = process.getuid?.() === 0;
const UNIFIED = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((dir) =>
  existsSync(join(dir, 'cgroup.procs')),
);
const FREEZER = '/sys/fs/cgroup/freezer';

const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

/** A directory that anybody may write in, with a setuid program that becomes root altogether. */
function rootly(): string {
  const dir = scratch();
  copyFileSync('/usr/bin/setpriv', join(dir, 'rootly'));
  chmodSync(join(dir, 'rootly'), 0o4755);
  chmodSync(dir, 0o777);
  return dir;
}

describe('what the main process leaves behind', () => {
  test('a daemonised grandchild goes after the linger, and the record says so', async () => {
    const attempt = sh('(setsid sleep 99 & ) ; exit 5', { linger_ms: 100 });
    expect(await runToEnd(attempt)).toMatchObject({ code: 5, signal: null, stop: null, leftover_kills: 1 });
    expect(processesOf(attempt)).toBe(0);
  });

  test('a child that holds stdout does not hold up the end', async () => {
    const attempt = sh('sleep 99 & exit 0', { linger_ms: 50 });
    const began = performance.now();
    expect(await runToEnd(attempt)).toMatchObject({ code: 0, leftover_kills: 1 });
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('what ends within the linger is not killed; its end was known meanwhile', async () => {
    const attempt = sh('(setsid sh -c "sleep 0.3; echo uploaded" & ) ; exit 4', { linger_ms: 20_000 });
    const { over } = run(attempt);
    await until('the record of the main process', () => has(attempt, 'main'));
    expect(has(attempt, 'exit')).toBe(false);
    expect(JSON.parse(readFileSync(join(attempt.dir, 'main'), 'utf8'))).toMatchObject({
      code: 4,
      exec: true,
    });
    await over;
    expect(logOf(attempt)).toBe('uploaded\n');
    expect(exitOf(attempt)).toMatchObject({ code: 4, leftover_kills: 0 });
  });

  test('descendants have their linger also where the main process died paused', async () => {
    const attempt = sh('(setsid sh -c "sleep 0.2; echo uploaded" &) ; echo ready; exec sleep 99', {
      linger_ms: 20_000,
    });
    const { over } = run(attempt);
    await until('ready', () => logOf(attempt).includes('ready'));
    command(attempt, 'S');
    const { main } = startedOf(attempt);
    await until('paused', () => readFileSync(`/proc/${main.pid}/stat`, 'latin1').includes(') T '));
    process.kill(main.pid, 'SIGKILL');
    await over;
    expect(logOf(attempt)).toBe('ready\nuploaded\n');
    expect(exitOf(attempt)).toMatchObject({ signal: 'SIGKILL', stop: null, leftover_kills: 0 });
  });

  test('a storm of 400 daemons', async () => {
    const storm =
      'use POSIX; for (1..400) { if (!fork) { setsid; if (!fork) { $SIG{TERM} = "IGNORE"; sleep 99 } exit } wait } print "ready\\n"; $| = 1; print ""; sleep 99';
    const attempt = makeAttempt(['perl', '-e', storm], { grace_ms: 50 });
    const { over } = run(attempt);
    await until('the storm', () => logOf(attempt).includes('ready'));
    expect(processesOf(attempt)).toBe(401);
    command(attempt, 'c');
    await over;
    expect(processesOf(attempt)).toBe(0);
    const end = exitOf(attempt);
    expect(end.stop).toBe('cancel');
    expect(end.leftover_kills).toBe(400);
  });

  test('a chain in which every process forks once and leaves', async () => {
    for (let i = 0; i < 3; i++) {
      const chain = 'use POSIX; if (fork) { exit 0 } while (1) { setsid; fork and exit 0 }';
      const attempt = makeAttempt(['perl', '-e', chain], { linger_ms: 20 });
      const end = await runToEnd(attempt);
      expect(end.orphans_reaped).toBeGreaterThan(0);
      expect(processesOf(attempt)).toBe(0);
    }
  });

  test('a process whose first thread has ended still runs, and is found', async () => {
    const dead =
      'import os,threading,time,ctypes\nif os.fork()==0:\n os.setsid()\n threading.Thread(target=time.sleep,args=(99,)).start()\n ctypes.CDLL(None).pthread_exit(None)\ntime.sleep(0.2)';
    const attempt = makeAttempt(['python3', '-c', dead], { linger_ms: 100 });
    await runToEnd(attempt);
    expect(processesOf(attempt)).toBe(0);
  });
});

describe('processes that do not die of SIGKILL', () => {
  skipUnless(root && existsSync(FREEZER), 'needs root and the v1 freezer')(
    'keep the attempt open and are named; the record follows when they are gone',
    async () => {
      const group = join(FREEZER, `expshim-test-${process.pid}`);
      mkdirSync(group);
      try {
        const attempt = sh('sleep 99', { grace_ms: 50 });
        const { over } = run(attempt);
        await until('started', () => has(attempt, 'started'));
        const { main } = startedOf(attempt);
        writeFileSync(join(group, 'cgroup.procs'), String(main.pid));
        writeFileSync(join(group, 'freezer.state'), 'FROZEN');
        command(attempt, 'c');
        await until('the stuck record', () => has(attempt, 'stuck'));
        const stuck = JSON.parse(readFileSync(join(attempt.dir, 'stuck'), 'utf8'));
        expect(stuck).toMatchObject({ v: 1, attempt: attempt.id, pid: main.pid, refused: false });
        expect(stuck.wchan).not.toBe('');
        expect(has(attempt, 'exit')).toBe(false);
        writeFileSync(join(group, 'freezer.state'), 'THAWED');
        await over;
        expect(has(attempt, 'stuck')).toBe(false);
        expect(exitOf(attempt)).toMatchObject({ stop: 'cancel', stuck: { pid: main.pid } });
      } finally {
        writeFileSync(join(group, 'freezer.state'), 'THAWED');
        await until('the group is empty', () => {
          try {
            rmdirSync(group);
            return true;
          } catch {
            return false;
          }
        });
      }
    },
  );

  skipUnless(root, 'needs root to make a setuid program')(
    "because they became another user's are reported and let go",
    async () => {
      const dir = rootly();
      const attempt = makeAttempt(['/bin/sh', '-c', `${dir}/rootly --reuid=0 sleep 60 & exit 2`], {}, dir);
      for (const path of [attempt.dir, join(attempt.dir, 'spec')]) chownSync(path, 65534, 65534);
      const end = await runToEnd(attempt, AS_NOBODY);
      expect(end).toMatchObject({ code: 2, unkillable: 1 });
      expect(has(attempt, 'stuck')).toBe(false);
      expect(processesOf(attempt, 'KILL')).toBe(1);
    },
  );
});

describe('a cgroup', () => {
  const group = () =>
    join(UNIFIED ?? '', `expshim-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const inCgroup = skipUnless(root && UNIFIED !== undefined, 'needs root and cgroup v2');

  inCgroup(
    'holds the run from its first instruction and is removed with what the run made in it',
    async () => {
      const cgroup = group();
      const attempt = sh(`cat /proc/self/cgroup; mkdir ${cgroup}/inner; sleep 99 & exit 3`, { cgroup });
      expect(await runToEnd(attempt)).toMatchObject({ code: 3, leftover_kills: 1 });
      expect(startedOf(attempt).cgroup).toBe(cgroup);
      expect(logOf(attempt)).toContain(`/${cgroup.split('/').at(-1)}\n`);
      expect(existsSync(cgroup)).toBe(false);
    },
  );

  inCgroup('may be there already', async () => {
    const cgroup = group();
    mkdirSync(cgroup);
    const attempt = sh('exit 3', { cgroup });
    expect(await runToEnd(attempt)).toMatchObject({ code: 3 });
    expect(startedOf(attempt).cgroup).toBe(cgroup);
    expect(existsSync(cgroup)).toBe(false);
  });

  inCgroup('ends a fork bomb', async () => {
    const cgroup = group();
    mkdirSync(cgroup);
    const bomb =
      'use POSIX; $SIG{CHLD} = "IGNORE"; print "ready\\n"; while (1) { my $p = fork; setsid if defined $p && !$p; select undef, undef, undef, 0.01 }';
    const attempt = makeAttempt(['perl', '-e', `$| = 1; ${bomb}`], {
      cgroup,
      grace_ms: 0,
      rlimit: 'NPROC:2000:2000',
    });
    const { over } = run(attempt);
    await until('some processes', () => logOf(attempt).includes('ready'));
    command(attempt, 'c');
    await over;
    expect(processesOf(attempt)).toBe(0);
    expect(existsSync(cgroup)).toBe(false);
  });

  inCgroup('ends what signals may not, in a subtree that was delegated to us', async () => {
    const parent = group();
    const dir = rootly();
    mkdirSync(parent);
    for (const path of [parent, join(parent, 'cgroup.procs')]) chownSync(path, 65534, 65534);
    try {
      const keys = { cgroup: join(parent, 'run') };
      const attempt = makeAttempt(['/bin/sh', '-c', `${dir}/rootly --reuid=0 sleep 60 & exit 2`], keys, dir);
      for (const path of [attempt.dir, join(attempt.dir, 'spec')]) chownSync(path, 65534, 65534);
      const inside = ['sh', '-c', `echo $$ > ${parent}/cgroup.procs; exec "$@"`, '-', ...AS_NOBODY];
      expect(await runToEnd(attempt, inside)).toMatchObject({ code: 2, unkillable: 0, leftover_kills: 1 });
      expect(existsSync(keys.cgroup)).toBe(false);
    } finally {
      rmdirSync(parent);
    }
  });

  test('that cannot be made does not keep the run from running', async () => {
    const attempt = sh('exit 3', { cgroup: '/no/such/hierarchy/group' });
    expect(await runToEnd(attempt)).toMatchObject({ code: 3 });
    expect(startedOf(attempt).cgroup).toBeNull();
  });

  test('that is none is left as it was', async () => {
    const dir = join(scratch(), 'plain');
    mkdirSync(dir);
    const attempt = sh('exit 3', { cgroup: dir });
    expect(await runToEnd(attempt)).toMatchObject({ code: 3 });
    expect(startedOf(attempt).cgroup).toBeNull();
    expect(existsSync(dir)).toBe(true);
  });
});

test('the machine sees no out-of-memory kill where there was none', async () => {
  expect(await runToEnd(sh('kill -9 $$'))).toMatchObject({ signal: 'SIGKILL', oom_kills: 0 });
  expect(execFileSync('grep', ['oom_kill ', '/proc/vmstat'], { encoding: 'utf8' })).toMatch(
    /^oom_kill \d+\n$/,
  );
});
