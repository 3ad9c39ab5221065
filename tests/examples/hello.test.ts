import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../examples/hello/hello.sh');

test('hello draws its bar over one line and ends', async () => {
  const { text, code } = await hello(['4', '0.01']);
  expect(code).toBe(0);
  const bars = text.split('\n')[1]?.split('\r') ?? [];
  expect(bars).toHaveLength(1 + 4);
  expect(bars.at(-1)).toBe(`[${'#'.repeat(30)}] 4/4`);
});

test('hello asked to stop says so and ends by the signal', async () => {
  const { text, signal } = await hello(['1000', '0.01'], '2/1000');
  expect(text).toMatch(/\nasked to stop at step \d+ of 1000\n$/);
  expect(signal).toBe('SIGTERM');
});

/** Runs it; once `stopAt` was printed it gets a SIGTERM. */
async function hello(args: string[], stopAt?: string) {
  const child = spawn('sh', [script, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    const before = text;
    text += chunk;
    if (stopAt && text.includes(stopAt) && !before.includes(stopAt)) child.kill('SIGTERM');
  });
  const [code, signal] = await once(child, 'close');
  return { text, code, signal };
}
