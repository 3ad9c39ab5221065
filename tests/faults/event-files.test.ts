import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { EventReader, EventWriter } from '../../src/tensorboard/tensorboard.js';
import { fill, has, ROOT, smallDisk } from '../helpers/machine.js';
import { skipUnless } from '../helpers/skip.js';

const disks = skipUnless(ROOT, 'mounts a small disk: needs root');
const straces = skipUnless(has('strace', '-V'), 'needs strace');

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'expd-events-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

disks('a disk that is full for a while costs the events that were refused, and no others', () => {
  const directory = join(scratch(), 'disk');
  mkdirSync(directory);
  const disk = smallDisk(directory, '1m');
  onTestFinished(() => disk.release());
  const writer = new EventWriter(join(directory, 'run'));
  const logged: number[] = [];
  const log = (step: number): void => {
    try {
      writer.scalar('loss', step, step);
      logged.push(step);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  };
  for (let step = 0; step < 1000; step++) log(step);
  writer.flush();
  const free = fill(directory);
  for (let step = 1000; step < 5000; step++) log(step);
  expect(logged.length).toBeLessThan(5000);
  expect(() => writer.flush()).toThrow('ENOSPC');
  free();
  for (let step = 5000; step < 6000; step++) log(step);
  writer.close();

  const reader = new EventReader(writer.path!);
  const read = [...reader.events()].filter(({ kind }) => kind === 'values').map(({ step }) => step);
  expect({ tail: reader.tail, skipped: reader.skipped }).toEqual({ tail: 'clean', skipped: 0 });
  reader.close();
  expect(read).toEqual(logged);
});

straces('sync: one write of whole records, then the file, its directory, and those made for it', () => {
  const directory = scratch();
  const run = join(directory, 'a/b');
  const trace = join(directory, 'trace');
  const script = `
    const { EventWriter } = require('expd/tensorboard');
    const writer = new EventWriter(${JSON.stringify(run)});
    for (let step = 0; step < 100; step++) writer.scalar('loss', 1, step);
    writer.sync();
    writer.scalar('loss', 1, 100);
    writer.sync();`;
  execFileSync(
    'strace',
    ['-y', '-o', trace, '-e', 'trace=write,fdatasync,fsync', process.execPath, '-e', script],
    { cwd: resolve(import.meta.dirname, '../..'), stdio: 'ignore' },
  );
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`<${directory}`))
    .map((line) => line.replace(directory, '~').replace(/events\.out[.\w-]*/, 'events'))
    .map((line) => /^(\w+)\(\d+<([^>]*)>/.exec(line)?.slice(1).join(' '));
  expect(calls).toEqual([
    'write ~/a/b/events',
    'fdatasync ~/a/b/events',
    'fsync ~/a/b',
    'fsync ~/a',
    'fsync ~',
    'write ~/a/b/events',
    'fdatasync ~/a/b/events',
  ]);
});
