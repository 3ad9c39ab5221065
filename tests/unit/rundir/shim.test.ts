import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { contract } from '../../../src/daemon/rundir/contract.js';
import { prepareAttempt } from '../../../src/daemon/rundir/prepare.js';
import { order, ports, scratch } from './fixture.js';

const SHIM = fileURLToPath(new URL(`../../../native/prebuilt/expshim-linux-${arch()}`, import.meta.url));

test('the real shim executes what was prepared: argv, environment, directory, umask, logs', async () => {
  const root = await scratch();
  const project = join(root, 'größe 😀');
  await mkdir(project);
  const given = await ports(join(root, 'state'));
  const environment = { PATH: '/usr/bin:/bin', GREETING: 'multi\nline=ü' };
  const envSha = await given.environments.store(environment);
  const script = 'printf "%s|" "$@"; pwd; umask; echo err >&2; env -0 > "$EXPD_RUN_DIR/artifacts"';
  const argv = ['sh', '-c', script, 'sh', 'a b', '', '😀\n'];
  const one = order(project, envSha, { submission: { argv, umask: 0o027, split: true } });
  const { runDir, log, errorLog } = await prepareAttempt(one, null, given);
  await promisify(execFile)(SHIM, ['run', join(root, 'state/attempts', one.attemptId)]);
  expect(await readFile(log, 'utf8')).toBe(`a b||😀\n|${project}\n0027\n`);
  expect(await readFile(errorLog!, 'utf8')).toBe('err\n');
  const seen = (await readFile(join(runDir, 'artifacts'), 'utf8')).split('\0').filter((line) => line !== '');
  const promised = Object.entries(contract(one, runDir, environment).environment).map(
    ([k, v]) => `${k}=${v}`,
  );
  // The shell adds these of its own.
  expect(seen.filter((line) => !/^(_|SHLVL|OLDPWD)=/.test(line)).sort()).toEqual(promised.sort());
});
