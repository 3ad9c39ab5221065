import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { skipUnless } from '../helpers/skip.js';
import { scratch } from './attempt.js';

const compiles = spawnSync('cc', ['--version']).status === 0;

skipUnless(compiles, 'needs a compiler')('no damage to a spec makes its reader read or write astray', () => {
  const dir = scratch();
  const binary = join(dir, 'fuzz');
  const sources = ['tests/fixtures/shim-fuzz/spec.c', 'native/spec.c', 'native/proc.c'];
  const sanitized = [
    '-g',
    '-O1',
    '-D_GNU_SOURCE',
    '-fsanitize=address,undefined',
    '-fno-sanitize-recover',
    '-Inative',
  ];
  execFileSync('cc', [...sanitized, '-o', binary, ...sources], { env: process.env });
  for (const seed of ['1', '2', '3']) {
    const { status, stdout, stderr } = spawnSync(binary, [dir, seed, '4000'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(Number(stdout)).toBeGreaterThan(400); // accepted: the damage was not all too coarse
  }
});
