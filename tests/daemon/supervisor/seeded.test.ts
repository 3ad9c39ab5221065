import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { skipUnless } from '../../helpers/skip.js';
import { until } from '../../helpers/until.js';
import { SHIM, sh, World } from './world.js';

const can = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const when = skipUnless(can('strace') && can('cc'), 'needs strace and a C compiler');

/** The shim with the defect that the suite must see: the claim's name stands before its writer is open. */
function seeded(world: World): string {
  const sources = readdirSync(resolve('native')).filter((file) => file.endsWith('.c'));
  const out = join(world.root, 'expshim-seeded');
  execFileSync('cc', ['-std=c11', '-D_GNU_SOURCE', '-DSEEDED_CLAIM_BEFORE_LIVENESS', '-o', out, ...sources], {
    cwd: resolve('native'),
  });
  return out;
}

/** Given up by the daemon, and executed all the same: how many of the attempts whose shim is slow at `syscall`. */
async function doubled(world: World, shim: string, syscall: string): Promise<number> {
  const executor = await world.open();
  let count = 0;
  for (let round = 0; round < 3; round++) {
    const order = await world.order(sh('touch ran-$EXPD_ATTEMPT_ID'));
    const id = order.attemptId;
    await executor.prepare(order);
    const inject = `inject=${syscall}:delay_exit=150ms:when=1`;
    const slow = spawn(
      'strace',
      ['-o', '/dev/null', '-e', `trace=${syscall}`, '-e', inject, shim, 'run', world.dir(id)],
      {
        stdio: 'ignore',
      },
    );
    const over = once(slow, 'exit');
    await until('it has begun', () => readdirSync(world.dir(id)).length > 1);
    executor.recover([world.unsettled(id)]);
    const { ending } = await world.ended(id);
    await over;
    if (ending.seen === 'neverStarted' && existsSync(`${world.project}/ran-${id}`)) count++;
  }
  return count;
}

when('a shim that is slow between its steps is never given up and executed', async () => {
  const world = new World();
  for (const syscall of ['mknodat', 'linkat', 'openat', 'renameat'])
    expect([syscall, await doubled(world, SHIM, syscall)]).toEqual([syscall, 0]);
});

when('the seeded defect is caught: claim before liveness executes what was given up', async () => {
  const world = new World();
  expect(await doubled(world, seeded(world), 'mknodat')).toBeGreaterThan(0);
});
