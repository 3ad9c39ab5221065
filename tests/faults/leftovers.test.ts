import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Home } from '../helpers/home.js';
import { until } from '../helpers/until.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.close());

const SIZE = 256 << 20;

test('a daemon that is killed while it copies a checkpoint for a run leaves neither a part of it nor one too many', async () => {
  await home.start();
  const script = home.script(
    'train.sh',
    `#!/bin/sh
dir=$EXPD_CHECKPOINT_DIR/step-00000007
[ -e "$dir/w" ] && { touch ../found; exit; }
mkdir -p "$dir"; head -c ${SIZE} /dev/urandom > "$dir/w"
printf '{"v":1,"step":7,"files":{"w":{"size":${SIZE},"sha256":"%s"}}}' "$(sha256sum < "$dir/w" | cut -c1-64)" > "$dir/MANIFEST.json"
exit 75
`,
  );
  const id = await home.submit([script], ['--resume-arg', 'in-place']);
  const checkpoints = (): string[] => {
    const outputs = join(home.project, 'outputs/hydra');
    const all = existsSync(outputs) ? readdirSync(outputs, { recursive: true, encoding: 'utf8' }) : [];
    return all.filter((path) => /checkpoints\/[^/]+$/.test(path)).map((path) => join(outputs, path));
  };
  const parts = (): string[] => checkpoints().filter((path) => path.includes('/.part-'));
  await until('the copy is under way', () => parts().length > 0, 60_000);
  await home.stop('SIGKILL');
  await home.start();
  const { runDir } = await home.untilState(id, 'succeeded');
  await until('no part of it is left', () => parts().length === 0);
  const first = JSON.parse(await home.ok('show', String(id), '--json')).attempts[0].runDir;
  expect(checkpoints().sort()).toEqual(
    [first, runDir].map((dir) => join(dir, 'checkpoints/step-00000007')).sort(),
  );
}, 120_000);

test('links that a daemon was about to move when it was killed go with the next start', async () => {
  await home.start();
  await home.ok('submit', '-m', '-q', '--name', 'jobs', '--', 'sh', '-c', 'sleep 60', 'seed=1,2');
  await home.untilState(1, 'running');
  const { runDir, runptrs } = await until('its directories', async () => {
    const { runDir } = await home.run(1);
    const multiruns = join(home.project, 'outputs/multiruns');
    const runptrs = join(multiruns, readdirSync(multiruns)[0]!, 'runptrs');
    return readdirSync(runptrs).length > 0 && { runDir, runptrs };
  });
  await home.stop('SIGKILL');
  const left = [join(runptrs, '.0.0123456789ab.tmp'), join(runDir, '.jobs.log.0123456789ab.tmp')];
  const foreign = join(runDir, '.mine.log.0123456789ab.tmp');
  for (const path of [...left, foreign]) symlinkSync('elsewhere', path);
  await home.start();
  expect(readdirSync(runptrs)).toEqual(['0']);
  expect(readdirSync(runDir).filter((name) => name.endsWith('.tmp'))).toEqual([basename(foreign)]);
});
