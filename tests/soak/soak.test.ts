import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect } from 'vitest';
import { Calls } from '../helpers/calls.js';
import { Home } from '../helpers/home.js';
import { assertInvariants } from '../helpers/invariants.js';
import { skipUnless } from '../helpers/skip.js';
import { newSeed, Scene, storm } from '../helpers/storm.js';

/** `EXPD_SOAK=10 npm test -- tests/soak`: for ten minutes storms of every kind over one state. */
const minutes = Number(process.env.EXPD_SOAK ?? 0);

let scene: Scene;
afterEach(() => scene.home.close());

skipUnless(minutes > 0, 'set EXPD_SOAK to its minutes')(
  'storm after storm over one state: the invariants hold, and the daemon does not grow',
  async () => {
    scene = new Scene(new Home());
    const end = performance.now() + minutes * 60_000;
    const sizes: { rssMiB: number; descriptors: number }[] = [];
    for (let seed = newSeed('soak'); performance.now() < end; seed++) {
      const weather = { seed, runs: 80, submitters: 4, kills: 10, lifeMs: [50, 2000], seconds: 0.5 } as const;
      await storm(scene, {
        ...weather,
        meddle: seed % 2 === 0,
        ...(seed % 3 === 0 && { killRuns: 'shims and runs' }),
      });
      assertInvariants(scene, scene.acknowledged);
      sizes.push(await sizeAfterRuns());
    }
    // Without restarts between: the last third is as large as the second.
    const third = Math.floor(sizes.length / 3);
    const mean = (of: 'rssMiB' | 'descriptors', from: number, to: number): number =>
      sizes.slice(from, to).reduce((sum, size) => sum + size[of], 0) / Math.max(1, to - from);
    console.log(sizes.at(0), sizes.at(-1), `${scene.acknowledged.length} runs`);
    expect(mean('rssMiB', 2 * third, sizes.length)).toBeLessThan(1.15 * mean('rssMiB', third, 2 * third) + 2);
    expect(mean('descriptors', 2 * third, sizes.length)).toBeLessThan(
      mean('descriptors', third, 2 * third) + 3,
    );
  },
  (minutes + 10) * 60_000,
);

/** Of a daemon that has just executed a hundred runs. */
async function sizeAfterRuns(): Promise<{ rssMiB: number; descriptors: number }> {
  const pid = await scene.start();
  const calls = new Calls(scene.home.socket);
  for (let n = 0; n < 20; n++)
    await Promise.all(Array.from({ length: 5 }, () => scene.submit(calls, { lines: 2 })));
  calls.close();
  const rss = Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
  const size = { rssMiB: rss / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  await scene.settle();
  return size;
}
