import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { followFile } from '../../src/daemon/wiring/follow-file.js';
import { until } from '../helpers/until.js';

/** A directory with room for a file, and how often it was heard of. */
function followed(name = 'settings.yaml') {
  const dir = mkdtempSync(join(tmpdir(), 'expd-follow-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'elsewhere'));
  const file = join(dir, name);
  const heard: number[] = [];
  const follow = (): void => {
    const end = followFile(
      file,
      () => heard.push(1),
      (cause) => expect(cause).toBe(undefined),
    );
    onTestFinished(end);
  };
  /** What is done is heard of. */
  const hears = async (change: () => void): Promise<void> => {
    const before = heard.length;
    change();
    await until('it is heard of', () => heard.length > before);
  };
  return { dir, file, follow, hears };
}

test('a file that is made, written, replaced and removed, at once after it is followed', async () => {
  for (let round = 0; round < 5; round++) {
    const { dir, file, follow, hears } = followed();
    follow();
    await hears(() => writeFileSync(file, 'a'));
    await hears(() => writeFileSync(file, 'b'));
    writeFileSync(join(dir, 'new'), 'c');
    await hears(() => renameSync(join(dir, 'new'), file));
    await hears(() => rmSync(file));
    await hears(() => writeFileSync(file, 'd'));
  }
});

test('what lies behind a link, also after the link was changed', async () => {
  const { dir, file, follow, hears } = followed();
  const [one, two] = ['one', 'two'].map((name) => join(dir, 'elsewhere', name)) as [string, string];
  writeFileSync(one, '1');
  writeFileSync(two, '2');
  symlinkSync(one, file);
  follow();
  await hears(() => writeFileSync(one, '11'));
  await hears(() => {
    rmSync(file);
    symlinkSync(two, file);
  });
  await hears(() => writeFileSync(two, '22'));
});
