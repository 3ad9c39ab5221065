import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../../../src/daemon/log.js';
import { type Mark, putMark } from '../../../src/daemon/rundir/mark.js';
import { CwdGone } from '../../../src/daemon/rundir/order.js';
import { Writers, type Writing } from '../../../src/daemon/rundir/writers.js';
import { openScribe, scratch } from './fixture.js';

const ids = { ours: 'a'.repeat(32), theirs: 'b'.repeat(32) };
const silent = { warn() {} } as unknown as Log;

let dir: string;
let project: string;
let mark: string;
let ours: Writers;
let theirs: Writers;

beforeEach(async () => {
  dir = await scratch();
  project = join(dir, 'project');
  mark = join(project, 'outputs/.writers/base');
  await mkdir(project);
  for (const name of Object.keys(ids)) await mkdir(join(dir, name));
  ours = daemon('ours');
  theirs = daemon('theirs');
});

/** As after a restart: what is known is what lies on disk. */
function daemon(name: keyof typeof ids): Writers {
  const state = join(dir, name);
  return new Writers({
    state,
    scribe: openScribe(),
    log: silent,
    daemon: { daemon: ids[name], host: name, user: 'ann' },
  });
}

const run = (id: number, changes: Partial<Writing> = {}): Writing => ({
  id,
  ulid: `01J0000000000000000000000${id}`,
  project,
  experimentId: 'base',
  ...changes,
});
const take = (writers: Writers, of: Writing) => writers.take(of, { cwd: project, umask: 0o022 });

describe('between daemons', () => {
  test('who came first writes; the other is told by whom, and what to remove if that is gone', async () => {
    expect(await take(ours, run(1))).toEqual({ taken: true, warning: null });
    const waits = await take(theirs, run(2));
    expect(waits).toMatchObject({ taken: false });
    expect(waits).toHaveProperty(
      'by',
      `experiment base is being written by run 1 (${run(1).ulid}) of ann on ours; if that is gone for good, remove ${mark}`,
    );
    expect(await theirs.elsewhere(run(2))).toBe(`run 1 (${run(1).ulid}) of ann on ours`);
    expect(await ours.elsewhere(run(2))).toBeNull();
  });

  test('once it is over the next may, and what logged nothing has left nothing', async () => {
    await take(ours, run(1));
    await ours.leave(run(1));
    expect(readdirSync(join(project, 'outputs'))).toEqual([]);
    expect(await ours.marked()).toEqual([]);
    expect(await take(theirs, run(2))).toMatchObject({ taken: true });
  });

  test('of many at once one is first', async () => {
    await mkdir(join(project, 'outputs/.writers'), { recursive: true });
    const marks = Array.from(
      { length: 40 },
      (_, n): Mark => ({
        ...{ daemon: n.toString(16).padStart(12, '0').repeat(3).slice(0, 32), host: `${n}`, user: 'ann' },
        ...{ state: '/s', runId: n, ulid: '01J' },
      }),
    );
    const first = await Promise.all(marks.map((one) => putMark(mark, one, false)));
    expect(first.filter((was) => was)).toHaveLength(1);
    expect(JSON.parse(await readlink(mark))).toMatchObject({ runId: first.indexOf(true) });
    expect(readdirSync(join(project, 'outputs/.writers'))).toEqual(['base']);
  });

  test("who leaves takes nobody else's mark away", async () => {
    await take(ours, run(1));
    await rm(mark); // somebody took the machine for dead
    await take(theirs, run(2));
    await ours.leave(run(1));
    expect(await theirs.elsewhere(run(2))).toBeNull();
    expect(await ours.elsewhere(run(1))).toMatch(/^run 2 .* on theirs$/);
  });

  test('the state directory tells daemons of one host apart', async () => {
    await take(ours, run(1));
    const here = new Writers({
      state: join(dir, 'here'),
      scribe: openScribe(),
      log: silent,
      daemon: { daemon: ids.theirs, host: 'ours', user: 'bob' },
    });
    expect(await here.elsewhere(run(2))).toContain(
      `of ann on this host, with its state in ${join(dir, 'ours')}`,
    );
  });
});

describe('of one daemon', () => {
  test('the next run goes on under its own name, whatever the one before left', async () => {
    await take(ours, run(1));
    expect(await take(daemon('ours'), run(2))).toMatchObject({ taken: true });
    expect(await theirs.elsewhere(run(9))).toContain('run 2 ');
    await ours.leave(run(1)); // late
    expect(await theirs.elsewhere(run(9))).toContain('run 2 ');
  });

  test('a new daemon knows which runs have one', async () => {
    await take(ours, run(1));
    await take(ours, run(2, { experimentId: 'other' }));
    expect(await daemon('ours').marked()).toEqual(
      expect.arrayContaining([1, 2].map((id) => ({ id, ulid: run(id).ulid }))),
    );
  });

  test('projects that share their outputs by a link wait for each other', async () => {
    const linked = join(dir, 'linked');
    await mkdir(linked);
    await take(ours, run(1));
    await symlink(join(project, 'outputs'), join(linked, 'outputs'));
    const second = run(2, { project: linked });
    const by = expect.stringContaining(`written by run 1, which has it as ${mark}`);
    expect(await take(ours, second)).toEqual({ taken: false, by });
    await ours.leave(run(1));
    expect(await take(ours, second)).toMatchObject({ taken: true });
  });

  test("what was half made when it was killed is in nobody's way", async () => {
    await take(ours, run(1));
    const half = `${mark}.${ids.ours.slice(0, 12)}.tmp`;
    await symlink('of the one before', half); // before rename(2)
    expect(await take(daemon('ours'), run(2))).toMatchObject({ taken: true });
    expect(readdirSync(join(project, 'outputs/.writers'))).toEqual(['base']);
    await symlink('of the one before', half);
    await daemon('ours').leave(run(2));
    expect(readdirSync(join(project, 'outputs'))).toEqual([]);
  });

  test("what follows in the run's turn comes after", async () => {
    await take(ours, run(1));
    await Promise.all([ours.leave(run(1)), take(ours, run(1))]);
    expect(JSON.parse(await readlink(mark))).toMatchObject({ runId: 1 });
    expect(await ours.marked()).toHaveLength(1);
  });
});

describe('what lies there otherwise', () => {
  beforeEach(() => mkdir(join(project, 'outputs/.writers'), { recursive: true }));

  test.each<[string, () => Promise<unknown>]>([
    ['a later version', () => symlink('{"v":2}', mark)],
    ['no JSON', () => symlink('/etc/passwd', mark)],
    ['a file', () => writeFile(mark, '{"v":1}')],
    ['a directory', () => mkdir(mark)],
  ])("%s is another's", async (_, put) => {
    await put();
    expect(await take(ours, run(1))).toMatchObject({ taken: false });
    expect(await ours.elsewhere(run(1))).toMatch(/^somebody whose mark /);
    expect(await ours.marked()).toEqual([]);
  });
});

test('a directory with bits of its own stays', async () => {
  await mkdir(join(project, 'outputs/.writers'), { recursive: true });
  await chmod(join(project, 'outputs/.writers'), 0o2775);
  await take(ours, run(1));
  await ours.leave(run(1));
  expect((await stat(join(project, 'outputs/.writers'))).mode & 0o7777).toBe(0o2775);
});

test('a place that is a link to nowhere is a cause of ours, not a loop', async () => {
  await mkdir(join(project, 'outputs'));
  await symlink(join(dir, 'nowhere'), join(project, 'outputs/.writers'));
  await expect(take(ours, run(1))).rejects.toThrow('ENOENT');
});

test('a working directory that is gone makes nothing', async () => {
  const gone = ours.take(run(1), { cwd: join(dir, 'gone'), umask: 0o022 });
  await expect(gone).rejects.toThrow(CwdGone);
  expect(existsSync(join(project, 'outputs'))).toBe(false);
  await ours.leave(run(1));
  expect(await ours.marked()).toEqual([]);
});
