import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { until } from '../../helpers/until.js';
import { DaemonChild } from './child.js';
import { sh, World } from './world.js';

test('without descriptors to spare nothing is decided and nothing is lost; with some again all is told', async () => {
  const world = new World();
  const daemon = await DaemonChild.start(world, '-n 64');
  const [kept, fresh] = [
    await world.order(sh('while [ ! -e go ]; do sleep 0.01; done; exit 31')),
    await world.order(sh('exit 32')),
  ];
  for (const order of [kept, fresh]) {
    daemon.send({ do: 'prepare', order });
    await daemon.answer('prepared');
  }
  daemon.send({ do: 'launch', attemptId: kept.attemptId });
  await world.fact('started', kept.attemptId);

  daemon.send({ do: 'hoard' });
  expect(await daemon.answer('hoarded')).toBeGreaterThan(5);
  daemon.send({ do: 'launch', attemptId: fresh.attemptId });
  await until('it could not be looked at', () =>
    daemon.answers.some(
      ({ warning }) =>
        warning?.event === 'attempt_look_failed' &&
        warning.attemptId === fresh.attemptId &&
        /EMFILE/.test(`${warning.err}`),
    ),
  );
  expect(world.facts.map(({ fact }) => fact)).toEqual(['started']);

  // What is watched has a descriptor already, which is enough to see its end.
  writeFileSync(`${world.project}/go`, '');
  expect((await world.ended(kept.attemptId)).ending).toMatchObject({ record: { code: 31 } });
  daemon.send({ do: 'release' });
  expect((await world.ended(fresh.attemptId)).ending).toMatchObject({ record: { code: 32 } });
});

test('a start costs the daemon the same however large it is', async () => {
  const world = new World();
  const daemon = await DaemonChild.start(world);
  const small = await blockedMs(world, daemon);
  daemon.send({ do: 'grow', bytes: 400 * 2 ** 20 });
  expect(await daemon.answer('grown')).toBeGreaterThan(400 * 2 ** 20);
  const large = await blockedMs(world, daemon);
  // A fork of the daemon itself would copy the page tables of 400 MB: above 10 ms.
  expect(large).toBeLessThan(Math.max(2, 3 * small));
});

/** Median time that a launch blocks the event loop. */
async function blockedMs(world: World, daemon: DaemonChild): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const order = await world.order(sh('exit 0'));
    daemon.send({ do: 'prepare', order });
    await daemon.answer('prepared');
    daemon.send({ do: 'launch', attemptId: order.attemptId });
    times.push(await daemon.answer('blockedMs'));
    await world.ended(order.attemptId);
  }
  return times.sort((a, b) => a - b)[7]!;
}
