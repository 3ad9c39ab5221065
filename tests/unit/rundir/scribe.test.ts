import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { Scribe } from '../../../src/daemon/rundir/scribe.js';
import { type Step, StepFailed } from '../../../src/daemon/rundir/steps.js';
import { until } from '../../helpers/until.js';
import { openScribe, scratch } from './fixture.js';

let dir: string;
let scribe: Scribe;
beforeEach(async () => {
  dir = await scratch();
  scribe = openScribe();
});

const replace = (name: string): Step => ({
  do: 'replace',
  path: join(dir, name),
  mode: 0o600,
  content: name,
});
const make = (name: string): Step => ({ do: 'make', path: join(dir, name), mode: 0o700 });

/** The processes of ours that carry out. */
const hands = (): number[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && isHand(pid))
    .map(Number);

function isHand(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.includes(`(expshim-scribe) `) && stat.split(') ')[1]?.split(' ')[1] === String(process.pid);
  } catch {
    return false;
  }
}

/** Its disk hangs, as far as anybody can tell. */
async function hang(): Promise<number> {
  await scribe.carryOut([replace('first')]);
  await until('the process', () => hands().length === 1);
  const [pid] = hands();
  process.kill(pid!, 'SIGSTOP');
  return pid!;
}

test('a step that fails is named, with what failed', async () => {
  const failed = scribe.carryOut([make('a'), make('a'), make('b')]);
  await expect(failed).rejects.toThrow(StepFailed);
  await expect(failed).rejects.toMatchObject({ code: 'EEXIST', step: make('a') });
  await expect(failed).rejects.toThrow(`EEXIST: file already exists, make '${join(dir, 'a')}'`);
});

test('lists are carried out side by side, by few processes however many there are', async () => {
  await Promise.all(
    Array.from({ length: 200 }, (_, n) => scribe.carryOut([make(`${n}`), replace(`${n}/f`)])),
  );
  expect(readdirSync(dir)).toHaveLength(200);
  expect(hands().length).toBeLessThanOrEqual(2);
});

test('what a hanging disk holds up holds up nothing else', async () => {
  const pid = await hang();
  let done = false;
  const late = scribe.carryOut([replace('late')]).then(() => {
    done = true;
  });
  const others = Array.from({ length: 20 }, (_, n) => scribe.carryOut([replace(`${n}`)]));
  await Promise.all(others);
  expect(done).toBe(false);
  process.kill(pid, 'SIGCONT');
  await late;
  expect(readdirSync(dir)).toHaveLength(22);
});

test('as many disks may hang as there are processes in all; they go again when they are not needed', async () => {
  const stopped: number[] = [];
  const late: Promise<void>[] = [];
  stopped.push(await hang());
  late.push(scribe.carryOut([replace('late 0')]));
  for (let n = 1; n < 6; n++) {
    await scribe.carryOut([replace(`${n}`)]);
    for (const pid of hands().filter((pid) => !stopped.includes(pid))) {
      process.kill(pid, 'SIGSTOP');
      stopped.push(pid);
      late.push(scribe.carryOut([replace(`late ${n}`)]));
    }
  }
  await scribe.carryOut([replace('still')]);
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  await Promise.all(late);
  await until('few are left', () => hands().length <= 2);
});

test('a process that is killed is followed by another, which begins again', async () => {
  const pid = await hang();
  const carried = scribe.carryOut([replace('a'), replace('b')]);
  process.kill(pid, 'SIGKILL');
  await carried;
  expect(readdirSync(dir).sort()).toEqual(['a', 'b', 'first']);
});

test('what was perhaps done and cannot be done again is not: that is an error', async () => {
  const pid = await hang();
  const carried = scribe.carryOut([make('a')]);
  process.kill(pid, 'SIGKILL');
  await expect(carried).rejects.toThrow('the scribe ended with SIGKILL');
  expect(existsSync(join(dir, 'a'))).toBe(false);
});

test('a program that always ends is not asked for ever', async () => {
  const scribe = new Scribe('/bin/false');
  await expect(scribe.carryOut([replace('a')])).rejects.toThrow('the scribe ended with 1');
  await scribe.close();
});

test('at the end what was asked for is done; nothing more is', async () => {
  const asked = Array.from({ length: 50 }, (_, n) => scribe.carryOut([replace(`${n}`)]));
  await asked[0];
  await scribe.close();
  await Promise.all(asked);
  expect(readdirSync(dir)).toHaveLength(50);
  await expect(scribe.carryOut([replace('late')])).rejects.toThrow('closed');
  await until('no process is left', () => hands().length === 0);
});

test('a disk that hangs does not hold up the end', async () => {
  const pid = await hang();
  const late = scribe.carryOut([replace('late')]);
  await Promise.resolve();
  await scribe.close();
  process.kill(pid, 'SIGCONT');
  await late;
});

test('processes that were killed while they had nothing to do are replaced, however often', async () => {
  for (let n = 0; n < 5; n++) {
    await Promise.all([scribe.carryOut([replace(`a${n}`)]), scribe.carryOut([replace(`b${n}`)])]);
    const killed = hands();
    expect(killed.length).toBeGreaterThan(0);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await until('they are gone', () => hands().length === 0);
  }
  await scribe.carryOut([replace('last')]);
  expect(readdirSync(dir)).toHaveLength(11);
});
