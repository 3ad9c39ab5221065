import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { type Build, buildMutant } from '../helpers/seeded.js';

let home: Home;
let build: Build;
afterEach(async () => {
  await home.close();
  build.remove();
});

test('a daemon whose metrics thread dies at once runs everything, and says in the logs what it cannot do', async () => {
  const entry = 'if (parentPort !== null) {';
  const file = 'src/daemon/tracking/tracker-thread.ts';
  build = await buildMutant({ edits: [{ file, from: entry, to: `throw new Error('torn');\n${entry}` }] });
  home = new Home();
  home.command = build.command;
  await home.start();
  const id = await home.submit(['sh', '-c', '[ "$EXPD_ATTEMPT" = 2 ] || exit 75']);
  const { runDir, attempt } = await home.untilState(id, 'succeeded');
  expect(attempt).toBe(2);
  expect(readFileSync(join(runDir, 'logs/attempt-2.log'), 'utf8')).toContain(
    '[expd] the metrics thread has failed',
  );
});
