import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimDirectory } from '../../../src/daemon/rundir/claim.js';
import { bundle } from '../../helpers/store.js';
import { openScribe, SHIM, scratch, tree } from './fixture.js';

const PROCESSES = 4;
const EACH = 40;

test('directories claimed by several processes at once are all different', async () => {
  const root = await scratch();
  const script = bundle('tests/unit/rundir/claim-child.ts');
  const path = join(root, 'outputs/hydra/2026-01-31/12-00-00');
  const claimed = (await Promise.all(Array.from({ length: PROCESSES }, () => output(script, path)))).flat();
  expect(claimed.length).toBe(PROCESSES * EACH);
  expect(new Set(claimed).size).toBe(claimed.length);
  const made = (await tree(join(root, 'outputs/hydra/2026-01-31'))).map((line) => line.replace(/\/$/, ''));
  expect(made.length).toBe(claimed.length);
});

test('a thousand of one name do not probe a thousand times each', async () => {
  const path = join(await scratch(), 'sweep');
  const scribe = openScribe();
  const claimed = new Set<string>();
  for (let n = 0; n < 300; n++) claimed.add(await claimDirectory(scribe, path, 0o755));
  expect(claimed.size).toBe(300);
  expect(claimed).toContain(`${path}_300`);
});

const output = (script: string, path: string): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, path, SHIM, String(EACH)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', () => resolve(text.trim().split('\n')));
  });
