import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { skipUnless } from '../helpers/skip.js';
import { has, run, sh } from './attempt.js';

skipUnless(process.arch === 'x64', 'the frozen binary is for x64')(
  'the frozen shim of protocol 0 runs, and differs as its note says',
  async () => {
    const attempt = sh('exit 7');
    expect(await run(attempt, [], resolve('tests/fixtures/shim-v0/expshim-linux-x64')).over).toBe(0);
    const exit = JSON.parse(readFileSync(join(attempt.dir, 'exit'), 'utf8'));
    expect(exit).toMatchObject({ v: 0, code: 7, sched_policy: 'SCHED_OTHER' });
    expect('outside' in exit || 'oom_kills' in exit).toBe(false);
    expect(has(attempt, 'started')).toBe(true);
  },
);
