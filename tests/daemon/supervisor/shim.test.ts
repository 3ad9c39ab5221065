import { execSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/daemon/errors.js';
import { installShim, shimCandidates } from '../../../src/daemon/supervisor/shim.js';
import { has } from '../../helpers/machine.js';
import { skipUnless } from '../../helpers/skip.js';
import { ROOT, SHIM, World } from './world.js';

test('the first program that runs here is copied into the state, and runs from there', async () => {
  const world = new World();
  const broken = join(world.root, 'broken');
  writeFileSync(broken, 'not a program');
  chmodSync(broken, 0o755);
  const foreign = join(ROOT, `native/prebuilt/expshim-linux-${process.arch === 'x64' ? 'arm64' : 'x64'}`);
  const shim = await installShim([join(world.root, 'missing'), broken, foreign, SHIM], world.state);
  expect(shim.file).toMatch(new RegExp(`^${world.state}/bin/expshim-[0-9a-f]{16}$`));
  expect(readFileSync(shim.file).equals(readFileSync(SHIM))).toBe(true);
  expect(statSync(shim.file).mode & 0o777).toBe(0o755);
  expect(shim).toMatchObject({ protocol: '1', source: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(readdirSync(join(world.state, 'bin'))).toHaveLength(1);
});

test('a damaged copy is made again, and copies of other versions go', async () => {
  const world = new World();
  const { file } = await installShim(shimCandidates(ROOT), world.state);
  writeFileSync(file, readFileSync(file).subarray(0, 1000));
  writeFileSync(join(world.state, 'bin', 'expshim-0000000000000000'), '');
  expect((await installShim(shimCandidates(ROOT), world.state)).file).toBe(file);
  expect(readFileSync(file).equals(readFileSync(SHIM))).toBe(true);
  expect(readdirSync(join(world.state, 'bin'))).toHaveLength(1);
});

const compiles = skipUnless(has('make', '-v') && has('cc', '--version'), 'needs a C compiler and make');

compiles('without a shim: one line, and the recipe, which works', async () => {
  const world = new World();
  const root = join(world.root, 'package');
  cpSync(join(ROOT, 'native'), join(root, 'native'), {
    recursive: true,
    filter: (path) => !/\/(prebuilt|build)(\/|$)/.test(path),
  });
  const none = await installShim(shimCandidates(root), world.state).catch((error) => error);
  expect(none).toBeInstanceOf(UserError);
  expect(none).toMatchObject({ code: 'no_shim', hint: expect.stringContaining('gcc') });
  expect(none.message).not.toContain('\n');
  execSync(/, then: (make [^;]*);/.exec(none.hint)![1]!);
  const { source } = await installShim(shimCandidates(root), world.state);
  expect(source).toBe((await installShim(shimCandidates(ROOT), world.state)).source);
});
